/** A TCP proxy that on demand falls silent, with open connections on which nothing passes, or drops them and takes no others. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SilencedProxy {
  /** `host:port`. */
  readonly address: string;
  silence(): void;
  drop(): void;
  resume(): void;
  close(): Promise<void>;
}

/** @param target as `host:port` */
export async function startSilencedProxy(target: string): Promise<SilencedProxy> {
  const [host = '', port] = target.split(':');
  const sockets = new Set<Socket>();
  let isSilent = false;
  let isDropping = false;
  const server = createServer((client) => {
    if (isDropping) {
      client.on('error', () => undefined).destroy();
      return;
    }
    const upstream = connect(Number(port), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => client.write(data));
    if (isSilent) for (const socket of [client, upstream]) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence: () => {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    drop: () => {
      isDropping = true;
      for (const socket of sockets) socket.destroy();
    },
    resume: () => {
      isSilent = false;
      isDropping = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

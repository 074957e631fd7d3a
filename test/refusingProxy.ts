/** A gRPC proxy before Temporal that refuses chosen methods with a status, as a service does whose rights were withdrawn. */
import { once } from 'node:events';
import {
  connect,
  createServer,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

export interface RefusingProxy {
  /** `host:port`. */
  readonly address: string;
  /** From now on; what is under way ends with it too. */
  refuse(methods: RegExp, status: number, message: string): void;
  allow(): void;
  close(): Promise<void>;
}

interface Refusal {
  methods: RegExp;
  status: number;
  message: string;
}

/** @param target as `host:port` */
export async function startRefusingProxy(target: string): Promise<RefusingProxy> {
  const upstream: ClientHttp2Session = connect(`http://${target}`);
  upstream.setMaxListeners(0);
  const sessions = new Set<ServerHttp2Session>();
  const open = new Map<ServerHttp2Stream, { path: string; refuse: (refusal: Refusal) => void }>();
  let refusal: Refusal | undefined;

  const server = createServer({ settings: { initialWindowSize: 1024 * 1024 } });
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const path = headers[':path'] ?? '';
    stream.on('error', () => undefined);
    const refuse = ({ status, message }: Refusal): void => {
      if (stream.headersSent || stream.destroyed) return;
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': String(status),
          'grpc-message': encodeURIComponent(message),
        },
        { endStream: true },
      );
    };
    if (refusal?.methods.test(path)) {
      refuse(refusal);
      return;
    }
    open.set(stream, { path, refuse });
    stream.once('close', () => open.delete(stream));
    forward(upstream, stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuse: (methods, status, message) => {
      refusal = { methods, status, message };
      for (const { path, refuse } of open.values()) if (methods.test(path)) refuse(refusal);
    },
    allow: () => {
      refusal = undefined;
    },
    close: async () => {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(
  upstream: ClientHttp2Session,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  const request = upstream.request(headers);
  request.on('error', () => stream.destroy());
  stream.once('close', () => request.close());
  stream.pipe(request);
  request.once('response', (answer) => {
    if (stream.headersSent || stream.destroyed) return;
    // An error, as of a workflow that exists, has its status in the headers, and nothing after them.
    if (answer['grpc-status'] !== undefined) {
      stream.respond(answer, { endStream: true });
      request.resume();
      return;
    }
    let trailers: IncomingHttpHeaders = {};
    request.once('trailers', (received: IncomingHttpHeaders) => {
      trailers = received;
    });
    stream.respond(answer, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    request.pipe(stream);
  });
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What the server does once it has read the whole of a request. */
export type Script = (socket: Socket, request: ReceivedRequest) => void;

/** An HTTP server that writes to the socket whatever a test wants, HTTP or not, and keeps what it was sent. */
export class ScriptedServer {
  readonly requests: ReceivedRequest[] = [];
  connections = 0;
  script: Script = answering(200, '{}');
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const received = { method, path, headers, body };
        this.requests.push(received);
        this.script(request.socket, received);
      });
    });
    this.#server.on('connection', () => (this.connections += 1));
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** A whole answer, written as it is: Node's own server would refuse some of the statuses. */
export function answering(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Script {
  return (socket) => {
    const interim = status < 200;
    const bodiless = interim || status === 204 || status === 304;
    const lines = Object.entries({
      'content-type': 'application/json',
      ...(!interim && { 'content-length': bodiless ? '0' : String(Buffer.byteLength(body)) }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n${bodiless ? '' : body}`);
    // After an interim answer there would be a final one.
    if (interim) socket.end();
  };
}

export const neverAnswering: Script = () => undefined;

export const resetting: Script = (socket) => {
  socket.resetAndDestroy();
};

/** The headers and half of the body, then nothing, or the end of the connection. */
export function breakingOff(how: 'stall' | 'close'): Script {
  return (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"ok":');
    if (how === 'close') socket.end();
  };
}

export const speakingNoHttp: Script = (socket) => {
  socket.end('220 mail.example ESMTP\r\n');
};

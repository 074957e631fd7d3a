/** An HTTP server whose clients can neither hold its connections open without end nor delay its stop. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';

export interface HttpServer {
  readonly port: number;
  /**
   * Accepts nothing more, closes every connection on which no complete request waits for its answer, and resolves when the others
   * are answered; `withinMs` later they are closed too.
   */
  close(withinMs: number): Promise<void>;
}

/** A client sends headers at once. Nginx allows 60 s between two reads, which attackers use. */
const HEADERS_WITHIN_MS = 10_000;

/** For a whole request: 16 MiB of a batch at 5 Mbit/s take 27 s. */
const REQUEST_WITHIN_MS = 30_000;

/** How often the server looks for connections that are late. Node.js looks every 30 s by default. */
const LOOK_EVERY_MS = 1_000;

/**
 * A connection on which nothing was sent or received for so long is closed: a client that doesn't read its answer. More than the
 * longest `wait` of 60 s.
 */
const SILENT_FOR_MS = 90_000;

/** More than a load balancer's idle time is not needed: its clients open a new connection. */
const KEEP_ALIVE_MS = 10_000;

/** More are closed at once: each takes memory and a file descriptor, of which a process may have some 10,000 or more. */
const MOST_CONNECTIONS = 5_000;

/** At a stop, the rest of a request that is being received has so long to arrive. */
const BODY_GRACE_MS = 500;

/** Rejects with the system's error where the port can't be opened. 0 means any free port. */
export async function startHttpServer(
  listener: RequestListener,
  {
    host,
    maxConnections = MOST_CONNECTIONS,
    port,
  }: { host: string; maxConnections?: number; port: number },
): Promise<HttpServer> {
  const server = createServer(
    {
      connectionsCheckingInterval: LOOK_EVERY_MS,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    listener,
  );
  server.setTimeout(SILENT_FOR_MS);
  server.maxConnections = maxConnections;
  const connections = new Connections(server);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async (withinMs) => {
      const closed = once(server, 'close');
      // Not the close of HTTP servers, which cuts off an answer that a slow client is still reading.
      NetServer.prototype.close.call(server);
      const force = connections.close(withinMs);
      await closed;
      force.forEach(clearTimeout);
    },
  };
}

/** The open connections, and the answers that each still waits for. */
class Connections {
  readonly #open = new Map<Socket, Set<ServerResponse>>();
  #closing = false;

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#open.set(socket, new Set());
      socket.once('close', () => this.#open.delete(socket));
    });
    server.prependListener('request', (request, response) => {
      const { socket } = request;
      this.#open.get(socket)?.add(response);
      if (this.#closing) response.setHeader('connection', 'close');
      response.once('close', () => {
        this.#open.get(socket)?.delete(response);
        if (this.#closing) this.#closeUnlessAwaited(socket);
      });
    });
  }

  /** @returns the timers that close what remains */
  close(withinMs: number): NodeJS.Timeout[] {
    this.#closing = true;
    for (const [socket, responses] of this.#open) {
      for (const response of responses) {
        if (!response.headersSent) response.setHeader('connection', 'close');
      }
      this.#closeUnlessAwaited(socket);
    }
    return [
      setTimeout(() => this.#closeWhere(({ req }) => !req.complete), BODY_GRACE_MS),
      setTimeout(() => this.#closeWhere(() => true), withinMs),
    ];
  }

  #closeUnlessAwaited(socket: Socket): void {
    // What was written of an answer is still sent.
    if (this.#open.get(socket)?.size === 0) socket.destroySoon();
  }

  #closeWhere(isLate: (response: ServerResponse) => boolean): void {
    for (const [socket, responses] of this.#open) {
      if ([...responses].some(isLate) || responses.size === 0) socket.destroy();
    }
  }
}

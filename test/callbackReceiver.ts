/** The system that a test has called back: a real HTTP server that checks signatures with the specification's own library. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import type { Acknowledgement } from '../src/domain/acknowledgement.js';
import { LOOPBACK, resolvePort } from '../src/lib/ports.js';

export interface ReceivedCallback {
  id: string;
  /** Undefined where the signature doesn't hold. */
  acknowledgement: Acknowledgement | undefined;
  headers: IncomingMessage['headers'];
  path: string | undefined;
}

/** How the receiver answers one request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, headers).end();

/** `whsec_` and 32 random bytes in base64. */
export function signingSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export class CallbackReceiver {
  readonly secret: string;
  readonly received: ReceivedCallback[] = [];
  /** How the next requests are answered, in this order; after the last one: 204. */
  readonly behaviours: Behaviour[] = [];
  #server: Server;
  #port = 0;

  private constructor(secret: string) {
    this.secret = secret;
    this.#server = this.#createServer();
  }

  static async start(secret = signingSecret()): Promise<CallbackReceiver> {
    const receiver = new CallbackReceiver(secret);
    await receiver.up();
    return receiver;
  }

  get origin(): string {
    return `http://${LOOPBACK}:${this.#port}`;
  }

  get url(): string {
    return `${this.origin}/hooks/sendproof`;
  }

  /** Those whose signature holds, by the event that they tell of. */
  types(): (string | undefined)[] {
    return this.received.map(({ acknowledgement }) => acknowledgement?.type);
  }

  /** Resolves with all callbacks about this message once there are at least `count`. */
  async waitFor(
    deduplicationKey: string,
    count: number,
    timeout = 20_000,
  ): Promise<ReceivedCallback[]> {
    return await vi.waitFor(
      () => {
        const about = this.about(deduplicationKey);
        if (about.length >= count) return about;
        throw new Error(`${about.length} callbacks about ${deduplicationKey}, not ${count}`);
      },
      { timeout, interval: 20 },
    );
  }

  about(deduplicationKey: string): ReceivedCallback[] {
    return this.received.filter(
      ({ acknowledgement }) => acknowledgement?.data.deduplicationKey === deduplicationKey,
    );
  }

  /** Answers again, at the same address as before. */
  async up(): Promise<void> {
    this.#server = this.#createServer();
    this.#port ||= await resolvePort(0);
    this.#server.listen(this.#port, LOOPBACK);
    await once(this.#server, 'listening');
  }

  /** Refuses connections from now on. */
  async down(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #createServer(): Server {
    return createServer((request, response) => {
      void this.#take(request, response);
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { headers, url } = request;
    this.received.push({
      id: String(headers['webhook-id']),
      acknowledgement: this.#verified(Buffer.concat(chunks).toString('utf8'), headers),
      headers,
      path: url,
    });
    const behave = this.behaviours.shift() ?? answer(204);
    behave(response, request);
  }

  #verified(body: string, headers: IncomingMessage['headers']): Acknowledgement | undefined {
    try {
      return new Webhook(this.secret).verify(
        body,
        headers as Record<string, string>,
      ) as Acknowledgement;
    } catch {
      return undefined;
    }
  }
}

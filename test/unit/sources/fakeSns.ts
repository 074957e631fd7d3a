/** Stands for AWS SNS: signs notifications with a key of its own, and serves the certificate and the confirmation. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSign } from 'node:crypto';
import { generate } from 'selfsigned';

export type Notification = Record<string, unknown>;

/** The fields that are signed, as the documentation lists them: by name, in alphabetical order. */
const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  other: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

export class FakeSns {
  /** As `http://127.0.0.1:4711`. */
  readonly url: string;
  /** The paths that were asked for. */
  readonly requests: string[] = [];
  /** The status of its answers. */
  status = 200;
  /** Answers wait for it. */
  release: Promise<unknown> = Promise.resolve();
  readonly #server: Server;
  readonly #privateKey: string;

  private constructor(server: Server, privateKey: string) {
    this.#server = server;
    this.#privateKey = privateKey;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<FakeSns> {
    const { cert, private: privateKey } = await generate([{ name: 'commonName', value: 'sns' }], {
      keySize: 2048,
      algorithm: 'sha256',
    });
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://localhost');
      sns.requests.push(request.url ?? '');
      const isKnown = pathname === '/sns.pem' || pathname === '/';
      void sns.release.then(() => {
        response.writeHead(isKnown ? sns.status : 404);
        response.end(pathname === '/sns.pem' ? cert : '<ConfirmSubscriptionResponse/>');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const sns = new FakeSns(server, privateKey);
    return sns;
  }

  get certificateUrl(): string {
    return `${this.url}/sns.pem`;
  }

  signature(notification: Notification, version: '1' | '2' = '2'): string {
    const names = notification.Type === 'Notification' ? SIGNED.Notification : SIGNED.other;
    const signed = createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256');
    for (const name of names) {
      const value = notification[name];
      // SNS has no empty subject: a message without one is signed without it.
      if (typeof value === 'string' && (name !== 'Subject' || value !== ''))
        signed.update(`${name}\n${value}\n`);
    }
    return signed.sign(this.#privateKey, 'base64');
  }

  /** The same, with what SNS adds. */
  signed(notification: Notification, version: '1' | '2' = '2'): Notification {
    return {
      ...notification,
      SignatureVersion: version,
      Signature: this.signature(notification, version),
      SigningCertURL: this.certificateUrl,
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The service account, access tokens and webhooks of the sandbox's Google Chat. */
import { createHash, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { ChatRefusal, invalid, unauthenticated } from './errors.js';

export const CHAT_SCOPE = 'https://www.googleapis.com/auth/chat.bot';
export const SERVICE_ACCOUNT_EMAIL = 'sendproof@sandbox.iam.gserviceaccount.com';

/** In the URL of every webhook. */
export const CHAT_WEBHOOK_KEY = 'sandbox-chat-key';
export const CHAT_WEBHOOK_TOKEN = 'sandbox-chat-token';

const TOKEN_LIFETIME_MS = 3_599_000;

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

let keyPair: KeyPair | undefined;

/** Made when it is first needed, once for the process: that takes a tenth of a second. */
function serviceAccountKeys(): KeyPair {
  return (keyPair ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
}

export class ChatCredentials {
  readonly #expiries = new Map<string, number>();

  get publicKey(): KeyObject {
    return serviceAccountKeys().publicKey;
  }

  /** The key file of the service account, as Google Cloud's console creates it. */
  serviceAccountKey(tokenUrl: string): string {
    const { privateKey, publicKey } = serviceAccountKeys();
    const publicDer = publicKey.export({ type: 'spki', format: 'der' });
    return JSON.stringify({
      type: 'service_account',
      project_id: 'sandbox',
      private_key_id: createHash('sha1').update(publicDer).digest('hex'),
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: SERVICE_ACCOUNT_EMAIL,
      client_id: '100000000000000000001',
      token_uri: tokenUrl,
      universe_domain: 'googleapis.com',
    });
  }

  issue(): { accessToken: string; expiresInSeconds: number } {
    const accessToken = `sandbox-chat-access-${randomUUID()}`;
    this.#expiries.set(accessToken, Date.now() + TOKEN_LIFETIME_MS);
    return { accessToken, expiresInSeconds: TOKEN_LIFETIME_MS / 1_000 };
  }

  /** Lets all access tokens that were issued expire now. */
  expire(): void {
    this.#expiries.clear();
  }

  /**
   * Who makes the request: the app, or a webhook.
   *
   * @throws ChatRefusal
   */
  authorise(authorization: string | undefined, query: URLSearchParams): 'app' | 'webhook' {
    if (query.has('key') || query.has('token')) return authoriseWebhook(query);
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new ChatRefusal(
        'UNAUTHENTICATED',
        'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        'CREDENTIALS_MISSING',
      );
    }
    if ((this.#expiries.get(token) ?? 0) < Date.now()) throw unauthenticated();
    return 'app';
  }
}

function authoriseWebhook(query: URLSearchParams): 'webhook' {
  if (query.get('key') !== CHAT_WEBHOOK_KEY) {
    throw new ChatRefusal(
      'INVALID_ARGUMENT',
      'API key not valid. Please pass a valid API key.',
      'API_KEY_INVALID',
    );
  }
  if (query.get('token') !== CHAT_WEBHOOK_TOKEN) {
    throw query.has('token') ? unauthenticated() : invalid('Missing webhook token.');
  }
  return 'webhook';
}

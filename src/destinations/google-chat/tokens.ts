/** Access tokens of a service account: https://developers.google.com/identity/protocols/oauth2/service-account */
import { GoogleToken } from 'google-auth-library';
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import {
  asTransient,
  errorCode,
  failureOfStatus,
  parseJson,
  permanent,
  unexpectedAnswer,
  withoutPosting,
} from '../../http/failure.js';
import type { HttpAnswer, Transport } from '../../http/transport.js';
import { RenewedTokens, type IssuedToken, type TokenSource } from '../accessTokens.js';
import type { ServiceAccountKey } from './serviceAccount.js';

export const TOKEN_SERVICE = 'Google’s token service';

/** All that an app needs to post, to edit its posts and to read them. */
const SCOPE = 'https://www.googleapis.com/auth/chat.bot';

const tokenSchema = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.number().positive().optional(),
});

const refusalSchema = z.object({ error: z.string() });

/** @param transport how the token service is reached */
export function serviceAccountTokens(key: ServiceAccountKey, transport: Transport): TokenSource {
  return new RenewedTokens(() => withoutPosting(TOKEN_SERVICE, () => issue(key, transport)));
}

async function issue(key: ServiceAccountKey, transport: Transport): Promise<IssuedToken> {
  const exchange = new TokenExchange(key, transport);
  const library = new GoogleToken({
    email: key.email,
    key: key.privateKey,
    scope: SCOPE,
    // The library names Google's address here, and in its request.
    additionalClaims: { aud: key.tokenUrl.href },
    transporter: exchange,
  });
  await library.getToken({ forceRefresh: true });
  const { access_token: token, expires_in: seconds } = exchange.token();
  const expiresAt = seconds === undefined ? undefined : Date.now() + seconds * 1_000;
  return { token, expiresAt, isNew: true };
}

type LibraryTransporter = NonNullable<
  NonNullable<ConstructorParameters<typeof GoogleToken>[0]>['transporter']
>;

/** Makes the library's request through our transport, once: the library's own would try again. */
class TokenExchange implements LibraryTransporter {
  readonly #key: ServiceAccountKey;
  readonly #transport: Transport;
  #token: z.infer<typeof tokenSchema> | undefined;

  constructor(key: ServiceAccountKey, transport: Transport) {
    this.#key = key;
    this.#transport = transport;
  }

  token(): z.infer<typeof tokenSchema> {
    if (this.#token) return this.#token;
    throw unexpectedAnswer(TOKEN_SERVICE, 'a success without a token');
  }

  request: LibraryTransporter['request'] = async (options) => {
    const answer = await this.#transport({
      method: 'POST',
      url: this.#key.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      // The library's form, with the grant type and the assertion.
      body: new URLSearchParams(options.data as URLSearchParams).toString(),
    });
    if (answer.status !== 200) throw refusal(answer, this.#key.email);
    this.#token = tokenSchema.safeParse(parseJson(answer.body)).data;
    const response = Response.json(this.#token ?? {});
    return Object.assign(response, { config: {}, data: this.#token ?? {} }) as never;
  };
}

/** The service answers 400 or 401 with an OAuth error where it doesn't accept the key, which says nothing of a message. */
function refusal({ body, retryAfterMs, status }: HttpAnswer, email: string): DeliveryError {
  const code = errorCode(refusalSchema.safeParse(parseJson(body)).data?.error);
  const { outcome, reason } = failureOfStatus(status);
  const what = `${TOKEN_SERVICE} answered HTTP ${status}${code ? ` ${code}` : ''}`;
  const details = { httpStatus: status, platformCode: code, retryAfterMs };
  return outcome === 'permanent'
    ? new DeliveryError(
        `${what}: check that the service account ${email} exists, that its key was not deleted, and that this machine’s clock is right.`,
        { ...permanent('credentials_rejected'), ...details },
      )
    : asTransient(new DeliveryError(`${what}.`, { outcome, reason, ...details }));
}

/** Exchanges a service account's signed assertion: https://developers.google.com/identity/protocols/oauth2/service-account */
import { verify } from 'node:crypto';
import { z } from 'zod';
import type { Answer, PlatformCall, PlatformRequest, SimulatedPlatform } from '../call.js';
import { CHAT_SCOPE, SERVICE_ACCOUNT_EMAIL, type ChatCredentials } from './credentials.js';
import { CHAT_ERROR_ANSWERS } from './errors.js';

export const TOKEN_PATH = '/token';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** "A maximum of 1 hour after the issued time." */
const LONGEST_SECONDS = 3_600;
const CLOCK_SKEW_SECONDS = 300;

const headerSchema = z.object({ alg: z.literal('RS256') });
const claimsSchema = z.object({
  iss: z.string(),
  scope: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
});

export function simulateTokenService(credentials: ChatCredentials): SimulatedPlatform {
  return {
    platform: 'google-chat',
    errorAnswers: CHAT_ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      return {
        operation: 'token',
        path: undefined,
        posts: false,
        execute: () => {
          if (request.method !== 'POST') return refusal('invalid_request', 'Use POST.');
          return exchange(new URLSearchParams(body.toString()), url.origin + TOKEN_PATH);
        },
      };
    },
  };

  function exchange(form: URLSearchParams, audience: string): Answer {
    if (form.get('grant_type') !== GRANT_TYPE) {
      return refusal(
        'unsupported_grant_type',
        `Invalid grant_type: ${form.get('grant_type') ?? ''}`,
      );
    }
    const problem = problemWith(form.get('assertion') ?? '', audience);
    if (problem) return problem;
    const { accessToken, expiresInSeconds } = credentials.issue();
    return {
      status: 200,
      body: { access_token: accessToken, expires_in: expiresInSeconds, token_type: 'Bearer' },
    };
  }

  function problemWith(assertion: string, audience: string): Answer | undefined {
    const [header = '', claims = '', signature = '', ...more] = assertion.split('.');
    const parsed = claimsSchema.safeParse(decoded(claims)).data;
    if (!headerSchema.safeParse(decoded(header)).success || !parsed || more.length > 0) {
      return refusal('invalid_grant', 'Bad Request');
    }
    const { aud, exp, iat, iss, scope } = parsed;
    if (iss !== SERVICE_ACCOUNT_EMAIL) {
      return refusal('invalid_grant', 'Invalid grant: account not found');
    }
    const signed = Buffer.from(`${header}.${claims}`);
    const bytes = Buffer.from(signature, 'base64url');
    if (!verify('sha256', signed, credentials.publicKey, bytes)) {
      return refusal('invalid_grant', 'Invalid JWT Signature.');
    }
    const now = Date.now() / 1_000;
    const isInTime = iat <= now + CLOCK_SKEW_SECONDS && exp > now - CLOCK_SKEW_SECONDS;
    if (!isInTime || exp - iat > LONGEST_SECONDS) {
      return refusal(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    if (aud !== audience) {
      return refusal('invalid_grant', 'Invalid JWT: Failed audience check.');
    }
    return scope.split(' ').includes(CHAT_SCOPE)
      ? undefined
      : refusal('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  }
}

function decoded(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}

function refusal(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description }, error };
}

/** The tokens with which Azure's secure webhooks identify themselves: https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#secure-webhook */
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { createTransport } from '../../http/transport.js';
import type { Authentication } from '../source.js';

const DIRECTORY_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export const entraFields = {
  /** The directory whose tokens are accepted. */
  tenant: z.string().regex(DIRECTORY_ID, 'must be the id of a directory (a UUID)'),
  /** The application ID URI or the client id, as the action group has it. */
  audience: z.string().min(1, 'must not be empty'),
  /** Where the directory publishes its keys, if it isn't Microsoft's public cloud. */
  keysUrl: z.url('must be a URL').optional(),
};

interface EntraSettings {
  tenant: string;
  audience: string;
  keysUrl?: string | undefined;
}

const KEYS_WITHIN_MS = 3_000;

export function entraToken({ audience, keysUrl, tenant }: EntraSettings): Authentication {
  const transport = createTransport('Microsoft Entra', KEYS_WITHIN_MS);
  const url = new URL(keysUrl ?? `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys`);
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: KEYS_WITHIN_MS,
    [customFetch]: async (address) => {
      const answer = await transport({ method: 'GET', url: new URL(address), headers: {} });
      return new Response(answer.body, { status: answer.status });
    },
  });
  const issuer = [
    `https://sts.windows.net/${tenant}/`,
    `https://login.microsoftonline.com/${tenant}/v2.0`,
  ];
  return {
    isAuthenticated: true,
    secrets: [],
    verify: async ({ headers }) => {
      const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
      if (token === undefined) {
        return { refusedBecause: 'the header Authorization has no Bearer token' };
      }
      try {
        await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] });
        return 'authentic';
      } catch (error) {
        // Every other error is a failure to read the keys, for which the token is not to blame.
        if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout)
          throw error;
        return {
          refusedBecause: `the token is not one of the directory for this source (${error.code})`,
        };
      }
    },
    // Only the directory can make such a token.
    sign: (sample) => sample,
  };
}

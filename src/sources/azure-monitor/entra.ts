/** The tokens with which Azure's secure webhooks identify themselves: https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups#secure-webhook */
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { KeysUnavailable, PublishedKeys } from '../../http/publishedKeys.js';
import { createTransport } from '../../http/transport.js';
import { AgainLater, type Authentication } from '../source.js';

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

/** The log has the reason: a sender of whom nothing is known needs no address. */
const UNREADABLE_KEYS =
  'The keys of Microsoft Entra can’t be read now, so that the token can’t be checked.';

export function entraToken({ audience, keysUrl, tenant }: EntraSettings): Authentication {
  const transport = createTransport('Microsoft Entra', KEYS_WITHIN_MS);
  const directory = `https://login.microsoftonline.com/${tenant}`;
  const issuer = [`https://sts.windows.net/${tenant}/`, `${directory}/v2.0`];
  const keys = new PublishedKeys(
    { issuer: `${directory}/v2.0`, keysUrl: keysUrl ?? `${directory}/discovery/v2.0/keys` },
    transport,
  );
  return {
    isAuthenticated: true,
    secrets: [],
    verify: async ({ headers }) => {
      const token = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];
      if (token === undefined) {
        return { refusedBecause: 'the header Authorization has no Bearer token' };
      }
      try {
        await jwtVerify(token, keys.find, { issuer, audience, algorithms: ['RS256'] });
        return 'authentic';
      } catch (error) {
        if (error instanceof KeysUnavailable)
          throw new AgainLater(UNREADABLE_KEYS, { cause: error });
        if (!(error instanceof errors.JOSEError)) throw error;
        return {
          refusedBecause: `the token is not one of the directory for this source (${error.code})`,
        };
      }
    },
    // Only the directory can make such a token.
    sign: (sample) => sample,
  };
}

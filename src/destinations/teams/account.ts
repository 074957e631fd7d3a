import { join } from 'node:path';
import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables, type VariableName, type Variables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';

const signInSchema = z
  .strictObject({
    /** The directory (tenant) id, or one of its domain names. */
    tenantId: z.string().regex(/^[A-Za-z0-9.-]+$/, 'must be a directory id or a domain name'),
    /** The app registration's application (client) id. */
    clientId: z.string().min(1, 'must not be empty'),
    /** A refresh token of the service user that was obtained elsewhere. */
    refreshToken: secret.optional(),
    /** The file that keeps the service user's sign-in between runs; written with mode 0600. */
    tokenCache: z.string().min(1, 'must not be empty').optional(),
    /** Another cloud’s sign-in service, as https://login.microsoftonline.us. */
    authority: z.url({ protocol: /^https$/ }).default('https://login.microsoftonline.com'),
  })
  .refine(({ refreshToken, tokenCache }) => refreshToken ?? tokenCache, {
    error: 'needs refreshToken, or tokenCache (then run: sendproof sign-in teams:<account>)',
  });
export type TeamsSignIn = z.infer<typeof signInSchema>;

export const teamsAccountSchema = z
  .strictObject({
    ...accountPolicyFields,
    /** A fixed delegated access token: for a trial of an hour, or a server that isn’t Microsoft’s. */
    accessToken: secret.optional(),
    /** The sign-in of a service user: how tokens are kept fresh. */
    signIn: signInSchema.optional(),
    /** Microsoft Graph, or any server that speaks it; with or without the version. */
    graphUrl: z.url().default('https://graph.microsoft.com'),
  })
  .refine(({ accessToken, signIn }) => (accessToken === undefined) !== (signIn === undefined), {
    error: 'needs either accessToken or signIn',
  });
export type TeamsAccount = z.infer<typeof teamsAccountSchema>;

export function teamsAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const variables = readVariables(environment, VARIABLES);
  const credentials = credentialsFrom(variables);
  const { GRAPH_BASE_URL: graphUrl } = variables;
  return credentials && { ...credentials, ...(graphUrl !== undefined && { graphUrl }) };
}

const VARIABLES = [
  'GRAPH_ACCESS_TOKEN',
  'GRAPH_BASE_URL',
  'GRAPH_CLIENT_ID',
  'GRAPH_REFRESH_TOKEN',
  'GRAPH_TENANT_ID',
  'GRAPH_TOKEN_CACHE',
  'SENDPROOF_DATA_DIR',
] as const satisfies VariableName[];

function credentialsFrom(variables: Variables<(typeof VARIABLES)[number]>): object | undefined {
  if (variables.GRAPH_ACCESS_TOKEN) return { accessToken: { env: 'GRAPH_ACCESS_TOKEN' } };
  const { GRAPH_TENANT_ID: tenantId, GRAPH_CLIENT_ID: clientId } = variables;
  if (tenantId === undefined || clientId === undefined) return undefined;
  return {
    signIn: {
      tenantId,
      clientId,
      ...(variables.GRAPH_REFRESH_TOKEN !== undefined && {
        refreshToken: { env: 'GRAPH_REFRESH_TOKEN' },
      }),
      tokenCache:
        variables.GRAPH_TOKEN_CACHE ??
        join(variables.SENDPROOF_DATA_DIR ?? '.sendproof', 'teams-default-token-cache.json'),
    },
  };
}

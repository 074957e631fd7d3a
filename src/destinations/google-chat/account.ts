import { z } from 'zod';
import { accountPolicyFields } from '../accountPolicy.js';
import { readVariables } from '../../lib/environment.js';
import { secret } from '../../lib/secret.js';

export const googleChatAccountSchema = z.strictObject({
  ...accountPolicyFields,
  /** The key of the Chat app's service account: the JSON file that Google Cloud's console creates. */
  serviceAccount: secret,
  /** Google Chat, or any server that speaks its API; without the version. */
  apiUrl: z.url().default('https://chat.googleapis.com'),
});
export type GoogleChatAccount = z.infer<typeof googleChatAccountSchema>;

export function googleChatAccountFromEnvironment(environment: NodeJS.ProcessEnv): unknown {
  const variables = readVariables(environment, [
    'GOOGLE_CHAT_SERVICE_ACCOUNT',
    'GOOGLE_CHAT_SERVICE_ACCOUNT_FILE',
    'GOOGLE_CHAT_API_URL',
  ]);
  const { GOOGLE_CHAT_SERVICE_ACCOUNT_FILE: file, GOOGLE_CHAT_API_URL: apiUrl } = variables;
  const serviceAccount =
    variables.GOOGLE_CHAT_SERVICE_ACCOUNT !== undefined
      ? { env: 'GOOGLE_CHAT_SERVICE_ACCOUNT' }
      : file && { file };
  return serviceAccount && { serviceAccount, ...(apiUrl !== undefined && { apiUrl }) };
}

/** The key of a Google service account, as the JSON file that Google Cloud's console creates. */
import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { secureUrl } from '../../http/endpoint.js';
import { ConfigurationError } from '../../lib/configurationError.js';

export interface ServiceAccountKey {
  /** As `sendproof@project.iam.gserviceaccount.com`. */
  email: string;
  /** PEM. */
  privateKey: string;
  /** Where the key is exchanged for access tokens. */
  tokenUrl: URL;
}

const keySchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  token_uri: z.string().min(1).default('https://oauth2.googleapis.com/token'),
});

/**
 * @param where what errors call the secret, as `$GOOGLE_CHAT_SERVICE_ACCOUNT`
 *
 * @throws ConfigurationError that names the field, and never contains its value
 */
export function parseServiceAccountKey(text: string, where: string): ServiceAccountKey {
  const result = keySchema.safeParse(jsonOf(text, where));
  if (!result.success) {
    const fields = [...new Set(result.error.issues.map(({ path }) => path.join('.')))];
    const what = fields.includes('') ? 'a JSON object' : `usable values of ${fields.join(', ')}`;
    throw new ConfigurationError(
      `${where} is not the key of a service account: it must have ${what}. Create a key of type JSON in the Google Cloud console (IAM → Service accounts → Keys), and use the whole file.`,
    );
  }
  const { client_email: email, private_key: privateKey, token_uri: tokenUri } = result.data;
  assertPrivateKey(privateKey, where);
  return { email, privateKey, tokenUrl: secureUrl(tokenUri, `token_uri of ${where}`) };
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error quotes the text.
    throw new ConfigurationError(
      `${where} is not JSON: it must be the whole key file of a service account, not a path or a part of it.`,
    );
  }
}

function assertPrivateKey(privateKey: string, where: string): void {
  let type: string | undefined;
  try {
    type = createPrivateKey(privateKey).asymmetricKeyType;
  } catch {
    // Said below; the error of the library may quote the key.
  }
  if (type === 'rsa') return;
  throw new ConfigurationError(
    `private_key of ${where} is not an RSA key in PEM: use the key file as it was downloaded, with its line breaks (\\n) intact.`,
  );
}

import { generateKeyPairSync } from 'node:crypto';

/** Made once for a test file: that takes a tenth of a second. */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export { publicKey };

export const EMAIL = 'sendproof@project.iam.gserviceaccount.com';

/** A key file of a service account, as Google Cloud's console creates it, with changes. */
export function serviceAccountKey(tokenUrl: string, changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    type: 'service_account',
    project_id: 'project',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: EMAIL,
    token_uri: tokenUrl,
    ...changes,
  });
}

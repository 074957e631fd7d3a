/** `encryption:` in `sendproof.yaml`. */
import { z } from 'zod';
import { parsedSecretsEnvironment, secret } from '../lib/secret.js';
import { SecretCommand } from '../lib/secretCommand.js';
import type { KeySource } from '../temporal/encryption/contentKey.js';

/** How content is encrypted. The keys are read when a process starts. */
export interface EncryptionSettings {
  /** The one that writes first. Empty: content is not encrypted. */
  keys: KeySource[];
  /** Whether the first key writes. If not, all keys only read, and content is written in clear. */
  encrypt: boolean;
  /** The origins of web pages that may use the codec endpoint, as https://temporal.example.com. */
  webUi: string[];
}

const FORMS = 'must be { env: NAME }, { file: PATH } or { command: [PROGRAM, ARGUMENT, …] }';

const command = z
  .strictObject({ command: z.tuple([z.string().min(1)], z.string()) })
  .transform((given) => new SecretCommand(given.command, parsedSecretsEnvironment()));

const keyId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'may have up to 63 letters, digits, _ . and -, and is not secret: it stands beside what the key has encrypted',
  );

const keySchema = z.strictObject({
  id: keyId,
  key: z.union([secret, command], { error: FORMS }),
});

const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/';
  if (isOrigin && url.search === '' && url.hash === '' && url.username === '') return url.origin;
  context.addIssue({
    code: 'custom',
    message: 'must be the origin of a web page, as https://temporal.example.com',
  });
  return z.NEVER;
});

export const encryptionSchema = z
  .strictObject({
    keys: z.array(keySchema).min(1, 'must have a key').max(50),
    encrypt: z.boolean().default(true),
    webUi: z
      .union([origin, z.array(origin).max(20)])
      .default([])
      .transform((given) => [given].flat()),
  })
  .superRefine(({ keys }, context) => {
    for (const [index, { id }] of keys.entries()) {
      if (keys.findIndex((each) => each.id === id) === index) continue;
      context.addIssue({
        code: 'custom',
        path: ['keys', index, 'id'],
        message: `"${id}" is the id of another key too; give each key an id of its own, and never use one again`,
      });
    }
  })
  .transform(({ encrypt, keys, webUi }): EncryptionSettings => ({
    encrypt,
    keys: keys.map(({ id, key }) => ({ id, source: key })),
    webUi,
  }))
  .optional()
  .transform((given) => given ?? { encrypt: false, keys: [], webUi: [] });

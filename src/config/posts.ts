/** `posts:` in `sendproof.yaml`: what every post has beside its message. */
import { z } from 'zod';
import type { PostLinks } from '../links/postLinks.js';
import { durationUpTo } from '../lib/duration.js';
import { secretsSchema } from '../lib/secrets.js';
import { ConfigurationError } from '../lib/configurationError.js';

export const postsSchema = z
  .strictObject({
    link: z
      .enum(['off', 'page', 'signed'], { error: 'must be off, page or signed' })
      .default('off'),
    secret: secretsSchema.optional(),
    validFor: durationUpTo('366d').prefault('30d'),
  })
  .refine(({ link, secret }) => link !== 'signed' || secret !== undefined, {
    path: ['secret'],
    error:
      'is needed with "link: signed": { env: NAME } or { file: PATH } of a long random text that signs the links',
  })
  .prefault({});

/** Throws a ConfigurationError where posts would have a link, and nobody knows to which address. */
export function postLinks(
  { link, secret = [], validFor }: z.output<typeof postsSchema>,
  publicUrl: string | undefined,
): PostLinks {
  if (link === 'off') return { kind: 'off' };
  if (publicUrl === undefined) {
    throw new ConfigurationError(
      `posts.link: "${link}" needs PUBLIC_URL: set it to the URL at which people reach the API, as https://sendproof.example.com, or leave posts.link out.`,
    );
  }
  return link === 'page'
    ? { kind: 'page' }
    : { kind: 'signed', secrets: secret, validForMs: validFor };
}

/** What a message may have: https://docs.discord.com/developers/resources/message#create-message */
import { z } from 'zod';
import { DiscordRefusal, invalidForm, type FieldErrors } from './errors.js';

/** In characters, as Discord counts them: code points, without spaces around. */
const atMost = (limit: number) =>
  z
    .string()
    .transform((text) => text.trim())
    .refine((text) => Array.from(text).length <= limit, {
      error: `Must be ${limit} or fewer in length.`,
    });

const address = z
  .string()
  .refine((url) => URL.canParse(url), { error: 'Not a well formed URL.' })
  .refine((url) => !URL.canParse(url) || /^https?:$/.test(new URL(url).protocol), {
    error: 'Scheme must be one of http, https.',
  });

const snowflake = z.string().regex(/^\d{15,20}$/, 'Value is not snowflake.');

const embedSchema = z.object({
  title: atMost(256).optional(),
  description: atMost(4_096).optional(),
  url: address.optional(),
  color: z.int().min(0).max(0xffffff).optional(),
  author: z.object({ name: atMost(256), url: address.optional() }).optional(),
  footer: z.object({ text: atMost(2_048) }).optional(),
  fields: z
    .array(z.object({ name: atMost(256), value: atMost(1_024), inline: z.boolean().optional() }))
    .max(25)
    .optional(),
});
export type Embed = z.infer<typeof embedSchema>;

const allowedMentionsSchema = z
  .object({
    parse: z.array(z.enum(['roles', 'users', 'everyone'])).optional(),
    roles: z.array(snowflake).max(100).nullish(),
    users: z.array(snowflake).max(100).nullish(),
    replied_user: z.boolean().nullish(),
  })
  .refine(
    ({ parse = [], users }) => !(parse.includes('users') && (users ?? []).length > 0),
    'parse:["users"] and users: [ids...] are mutually exclusive.',
  )
  .refine(
    ({ parse = [], roles }) => !(parse.includes('roles') && (roles ?? []).length > 0),
    'parse:["roles"] and roles: [ids...] are mutually exclusive.',
  );
export type AllowedMentions = z.infer<typeof allowedMentionsSchema>;

const messageSchema = z.object({
  content: atMost(2_000).nullish(),
  embeds: z.array(embedSchema).max(10).nullish(),
  allowed_mentions: allowedMentionsSchema.nullish(),
  nonce: z.union([z.string().max(25, 'Must be 25 or fewer in length.'), z.int()]).nullish(),
  enforce_nonce: z.boolean().nullish(),
  message_reference: z
    .object({ message_id: snowflake, fail_if_not_exists: z.boolean().default(true) })
    .nullish(),
  tts: z.boolean().nullish(),
});
export type MessageForm = z.infer<typeof messageSchema>;

/** Of all embeds of a message together. */
const EMBEDS_LIMIT = 6_000;

/** @throws DiscordRefusal */
export function parsedForm(body: Buffer, contentType: string | undefined): MessageForm {
  if (!/^application\/json\b/i.test(contentType ?? '')) {
    throw invalidForm({
      content_type: {
        code: 'CONTENT_TYPE_INVALID',
        message: 'Expected "Content-Type" header to be application/json.',
      },
    });
  }
  const { data, error } = messageSchema.safeParse(jsonOf(body));
  if (!data) throw invalidForm(fieldErrors(error.issues));
  if (sizeOf(data.embeds ?? []) > EMBEDS_LIMIT) {
    const message = 'Embed size exceeds maximum size of 6000';
    throw invalidForm({ embeds: { code: 'MAX_EMBED_SIZE_EXCEEDED', message } });
  }
  return data;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new DiscordRefusal(400, 50109, 'The request body contains invalid JSON.');
  }
}

function fieldErrors(issues: readonly z.core.$ZodIssue[]): FieldErrors {
  return Object.fromEntries(
    issues.map(({ message, path }) => [
      path.map(String).join('.') || 'body',
      { code: 'BASE_TYPE_BAD', message },
    ]),
  );
}

function sizeOf(embeds: readonly Embed[]): number {
  const texts = embeds.flatMap(({ author, description, fields = [], footer, title }) => [
    title,
    description,
    author?.name,
    footer?.text,
    ...fields.flatMap(({ name, value }) => [name, value]),
  ]);
  return texts.reduce((sum, text) => sum + Array.from(text ?? '').length, 0);
}

/** Everything that a reader sees of an embed, as it was written. */
export function textsOf({ author, description, fields = [], footer, title }: Embed): string[] {
  const texts = [
    author?.name,
    title,
    description,
    ...fields.flatMap(({ name, value }) => [name, value]),
    footer?.text,
  ];
  return texts.filter((text): text is string => text !== undefined && text !== '');
}

/** Slack's rules for blocks: https://docs.slack.dev/reference/block-kit/blocks */
import { z } from 'zod';

const BLOCKS_PER_MESSAGE = 50;
/**
 * Undocumented, as measured by others (https://github.com/slackapi/bolt-js/issues/2509): a little over 13,000 characters
 * of text in all of a message's blocks together, with an allowance for each block.
 */
const TEXT_OF_ALL_BLOCKS = 13_300;
const ALLOWANCE_PER_BLOCK = 60;
const MARKDOWN_OF_ALL_BLOCKS = 12_000;

const plainText = (length: number) =>
  z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(length) });
const anyText = (length: number) =>
  z.object({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string().min(1).max(length) });
const image = { image_url: z.string().max(3_000), alt_text: z.string().min(1).max(2_000) };
const blockId = { block_id: z.string().max(255).optional() };

/** https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
const style = z
  .strictObject({
    bold: z.boolean(),
    italic: z.boolean(),
    strike: z.boolean(),
    code: z.boolean(),
    underline: z.boolean(),
  })
  .partial()
  .optional();
const richLink = z.strictObject({
  type: z.literal('link'),
  url: z.string().min(1).max(3_000),
  text: z.string().min(1).optional(),
  unsafe: z.boolean().optional(),
  style,
});
const richText = z.strictObject({ type: z.literal('text'), text: z.string().min(1), style });
const named = (type: string, field: string) =>
  z.strictObject({ type: z.literal(type), [field]: z.string().min(1), style });
const richTextElement = z.union([
  richText,
  richLink,
  z.strictObject({
    type: z.literal('emoji'),
    name: z.string().regex(/^[a-z0-9_+'-]+(?:::skin-tone-[2-6])?$/),
    unicode: z.string().optional(),
    url: z.string().optional(),
    style,
  }),
  named('user', 'user_id'),
  named('usergroup', 'usergroup_id'),
  named('channel', 'channel_id'),
  named('team', 'team_id'),
  named('color', 'value'),
  z.strictObject({
    type: z.literal('broadcast'),
    range: z.enum(['here', 'channel', 'everyone']),
    style,
  }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: z.string().min(1),
    url: z.string().optional(),
    fallback: z.string().optional(),
    style,
  }),
]);
const border = z.union([z.literal(0), z.literal(1)]).optional();
const richTextSection = z.strictObject({
  type: z.literal('rich_text_section'),
  elements: z.array(richTextElement).min(1),
});
const richTextObject = z.discriminatedUnion('type', [
  richTextSection,
  z.strictObject({
    type: z.literal('rich_text_list'),
    style: z.enum(['bullet', 'ordered']),
    indent: z.int().min(0).max(8).optional(),
    offset: z.int().min(0).optional(),
    border,
    elements: z.array(richTextSection).min(1),
  }),
  z.strictObject({
    type: z.literal('rich_text_preformatted'),
    border,
    elements: z.array(z.union([richText, richLink])).min(1),
  }),
  z.strictObject({
    type: z.literal('rich_text_quote'),
    border,
    elements: z.array(richTextElement).min(1),
  }),
]);

const blockSchema = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('section'),
      text: anyText(3_000).optional(),
      fields: z.array(anyText(2_000)).min(1).max(10).optional(),
      ...blockId,
    })
    .refine(({ text, fields }) => text !== undefined || fields !== undefined, {
      error: 'must have text or fields',
    }),
  z.object({ type: z.literal('header'), text: plainText(150), ...blockId }),
  z.object({ type: z.literal('divider'), ...blockId }),
  z.object({
    type: z.literal('context'),
    elements: z
      .array(z.union([anyText(2_000), z.object({ type: z.literal('image'), ...image })]))
      .min(1)
      .max(10),
    ...blockId,
  }),
  z.object({
    type: z.literal('actions'),
    elements: z
      .array(z.looseObject({ type: z.string() }))
      .min(1)
      .max(25),
    ...blockId,
  }),
  z.object({ type: z.literal('image'), ...image, ...blockId }),
  z.object({ type: z.literal('markdown'), text: z.string().min(1).max(MARKDOWN_OF_ALL_BLOCKS) }),
  z.strictObject({
    type: z.literal('rich_text'),
    elements: z.array(richTextObject).min(1),
    ...blockId,
  }),
]);

const blocksSchema = z.array(blockSchema).max(BLOCKS_PER_MESSAGE);

/** Slack's error code for invalid blocks, and its explanations. */
export interface BlocksProblem {
  error: 'invalid_blocks' | 'msg_blocks_too_long';
  messages: string[];
}

export function checkBlocks(blocks: unknown): BlocksProblem | undefined {
  const result = blocksSchema.safeParse(blocks);
  if (!result.success) {
    return {
      error: 'invalid_blocks',
      messages: result.error.issues.map(
        ({ message, path }) => `${message} [json-pointer:/${['blocks', ...path].join('/')}]`,
      ),
    };
  }
  const length = lengthOfTexts(blocks) + result.data.length * ALLOWANCE_PER_BLOCK;
  return length > TEXT_OF_ALL_BLOCKS ? { error: 'msg_blocks_too_long', messages: [] } : undefined;
}

/** The characters in all values named `text`, however deep. */
function lengthOfTexts(value: unknown): number {
  if (Array.isArray(value))
    return value.reduce((sum: number, item) => sum + lengthOfTexts(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, item]) =>
      sum + (name === 'text' && typeof item === 'string' ? item.length : lengthOfTexts(item)),
    0,
  );
}

/**
 * What Teams accepts as an Adaptive Card from a webhook: https://adaptivecards.io/explorer. Elements and actions that it
 * doesn't know, and versions above its own, are refused.
 */
import { z } from 'zod';

/** Cards up to this version are shown in messages from webhooks. */
const HIGHEST_VERSION = [1, 5] as const;

const version = z.string().refine(
  (text) => {
    const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text) ?? [];
    const [highestMajor, highestMinor] = HIGHEST_VERSION;
    return Number(major) === highestMajor && Number(minor) <= highestMinor;
  },
  { error: `must be a version from 1.0 to ${HIGHEST_VERSION.join('.')}` },
);

const openUrl = z.looseObject({
  type: z.literal('Action.OpenUrl'),
  url: z.url({ protocol: /^(?:https?|mailto|tel)$/ }),
  title: z.string().optional(),
});
const action = z.discriminatedUnion('type', [
  openUrl,
  z.looseObject({ type: z.literal('Action.Submit') }),
  z.looseObject({ type: z.literal('Action.Execute') }),
  z.looseObject({
    type: z.literal('Action.ToggleVisibility'),
    targetElements: z.array(z.unknown()),
  }),
  z.looseObject({ type: z.literal('Action.ShowCard'), card: z.unknown() }),
]);

const looks = {
  size: z.enum(['Default', 'Small', 'Medium', 'Large', 'ExtraLarge']).optional(),
  weight: z.enum(['Default', 'Lighter', 'Bolder']).optional(),
  fontType: z.enum(['Default', 'Monospace']).optional(),
};
const layout = {
  id: z.string().optional(),
  separator: z.boolean().optional(),
  spacing: z
    .enum(['None', 'Small', 'Default', 'Medium', 'Large', 'ExtraLarge', 'Padding'])
    .optional(),
};

const inline = z.union([
  z.string(),
  z.looseObject({
    type: z.literal('TextRun'),
    text: z.string(),
    italic: z.boolean().optional(),
    strikethrough: z.boolean().optional(),
    selectAction: action.optional(),
    ...looks,
  }),
]);

const element: z.ZodType = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.looseObject({
      type: z.literal('TextBlock'),
      text: z.string(),
      style: z.enum(['default', 'heading', 'columnHeader']).optional(),
      wrap: z.boolean().optional(),
      ...looks,
      ...layout,
    }),
    z.looseObject({ type: z.literal('RichTextBlock'), inlines: z.array(inline), ...layout }),
    z.looseObject({
      type: z.literal('FactSet'),
      facts: z.array(z.looseObject({ title: z.string(), value: z.string() })),
      ...layout,
    }),
    z.looseObject({
      type: z.literal('Container'),
      items: z.array(element),
      style: z.enum(['default', 'emphasis', 'good', 'attention', 'warning', 'accent']).optional(),
      ...layout,
    }),
    z.looseObject({
      type: z.literal('ColumnSet'),
      columns: z.array(z.looseObject({ items: z.array(element).optional() })).optional(),
      ...layout,
    }),
    z.looseObject({
      type: z.literal('Table'),
      rows: z.array(z.looseObject({ cells: z.array(z.looseObject({ items: z.array(element) })) })),
      ...layout,
    }),
    z.looseObject({
      type: z.literal('CodeBlock'),
      codeSnippet: z.string(),
      language: z.string().optional(),
      ...layout,
    }),
    z.looseObject({ type: z.literal('Image'), url: z.string(), ...layout }),
    z.looseObject({ type: z.literal('ActionSet'), actions: z.array(action), ...layout }),
  ]),
);

export const cardSchema = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version,
  body: z.array(element),
  actions: z.array(action).optional(),
});

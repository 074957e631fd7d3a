/** Texts that begin something over and over and never end it: from no sender may they keep a process busy. */
import { it } from 'vitest';
import { usableContent } from '../../../src/acceptance/eventContent.js';
import { SOURCE_TYPES } from '../../../src/sources/registry.js';
import type { Sample } from '../../../src/sources/source.js';
import { defaultContent } from '../../../src/templates/defaultContent.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { configuredSource } from './configuredSource.js';
import { requestOf } from './parsed.js';

/** Markdown, HTML, Slack's mrkdwn and what senders write of their own. */
const BEGINNINGS = [
  '<a "',
  `<a href='`,
  `<a b"c'd `,
  '<b><i>',
  '</b>',
  '<',
  '<!-- ',
  '```\n',
  '```',
  '`',
  '~~~\n',
  '[',
  '![',
  '[x](',
  '[x](<https://a.example/',
  '](<',
  '<https://a.example|',
  '<@U1|',
  'https://a.example/',
  '**',
  '*_~',
  '\\',
  '&',
  '&#',
  '&lt;',
  '> ',
  '- ',
  '| a ',
  '|---',
  '{{',
  '%%%',
  '"',
  'a@b.',
  '\n ',
  '\u00a0',
];

/** In all texts of an event together. What takes time with their square takes seconds. */
const CHARACTERS = 60_000;

/** The sample, with every text of more than one word as long as that; undefined where it has none. */
function withTexts({ body, headers }: Sample, beginning: string): Sample | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  let count = 0;
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && /\S\s+\S/.test(value);
  JSON.stringify(parsed, (_, value: unknown) => {
    if (isText(value)) count += 1;
    return value;
  });
  if (count === 0) return undefined;
  const text = `It is ${beginning.repeat(Math.ceil(CHARACTERS / count / beginning.length))} so`;
  const long = JSON.stringify(parsed, (_, value: unknown) => (isText(value) ? text : value));
  return { headers, body: long };
}

/** Each beginning with one of the samples of each type at least, and with a third of them where there are more. */
const CASES = SOURCE_TYPES.flatMap((type) => {
  const samples = Object.entries(type.samples).filter(([, sample]) => withTexts(sample, 'a '));
  const step = Math.min(3, samples.length);
  return samples.map(([name, sample], index) => ({
    ...{ name: `${type.name}/${name}`, type, sample },
    beginnings: BEGINNINGS.filter((_, each) => each % step === index % step),
  }));
});

it.each(CASES)('of $name, with every text such a one', ({ beginnings, sample, type }) => {
  const source = configuredSource(type);
  for (const beginning of beginnings) {
    const long = withTexts(sample, beginning);
    if (!long || long.body.length > type.largestBodyBytes) continue;
    const request = requestOf(long);
    if (source.identify(request).kind !== 'events') return;
    expectProcessorMsBelow(500, () => {
      for (const parsed of source.parse(request)) {
        const event = { ...parsed, source: 'any' };
        usableContent(defaultContent(event), event);
      }
    });
  }
});

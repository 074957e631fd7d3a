import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { details, summary, SUMMARY_BYTES } from '../../src/contract/userMetadata.js';
import type { Destination } from '../../src/domain/destination.js';
import { readableKeySchema } from '../../src/domain/message.js';
import { inCode, inMarkdown } from '../../src/lib/markdownCode.js';
import { messageDetails, messageSummary } from '../../src/store/messageMetadata.js';
import { Delivery } from '../../src/workflows/message/delivery.js';
import { parkingDetails } from '../../src/workflows/message/parkingDetails.js';

/** As liberal as any page that shows Temporal's texts: bare addresses are links too. */
const parser = new MarkdownIt({ html: true, linkify: true });

interface Read {
  /** What is shown as code. */
  code: string[];
  /** What the text became beside words and code: links, images, emphasis, HTML, headings. */
  markup: string[];
}

function read(markdown: string): Read {
  const tokens = parser.parse(markdown, {});
  const inline = tokens.flatMap(({ children }) => children ?? []);
  return {
    code: inline.filter(({ type }) => type === 'code_inline').map(({ content }) => content),
    markup: [...tokens, ...inline]
      .map(({ type }) => type)
      .filter((type) => !/^(?:inline|paragraph_\w+|text|code_inline|softbreak)$/.test(type)),
  };
}

const HOSTILE = [
  '[click](https://evil.example)',
  '![x](https://evil.example/x.png)',
  'https://evil.example',
  'www.evil.example',
  'a@evil.example',
  '**bold**',
  '<b>html</b>',
  '`code`',
  '``` ``',
  '`',
  '&lt;b&gt;',
  '# heading',
  '\n\n# heading\n\n',
  '\\`x\\`',
  '~~x~~',
  ' ',
  'a  b',
  '- list',
];

const anyText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc
    .array(fc.constantFrom(...HOSTILE, 'word', ' ', '`'), { minLength: 1 })
    .map((all) => all.join('')),
);

const anyKey = anyText.filter((text) => readableKeySchema.safeParse(text).success);

describe('text from elsewhere in Markdown', () => {
  it('is code, whole, whatever it is', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { code, markup } = read(`before ${inCode(text)} after`);
        expect(markup).toEqual([]);
        expect(code.map(collapsed)).toEqual([collapsed(text)]);
      }),
      { examples: HOSTILE.map((text): [string] => [text]) },
    );
  });

  it('is plain where it is only words, and otherwise code', () => {
    expect(inMarkdown('slack:default/C0123ABC')).toBe('slack:default/C0123ABC');
    expect(inMarkdown('pagerduty 55')).toBe('pagerduty 55');
    fc.assert(
      fc.property(anyText, (text) => {
        expect(read(`before ${inMarkdown(text)}`).markup).toEqual([]);
      }),
      { examples: HOSTILE.map((text): [string] => [text]) },
    );
  });

  /** The parser replaces what no page can show, and drops spaces at the ends of code. */
  function collapsed(text: string): string {
    return text.replaceAll('\0', '\uFFFD').replaceAll(/\s+/g, ' ').trim();
  }
});

describe('the texts of Temporal’s Web UI', () => {
  const destination: Destination = 'slack:default/C0123ABC';
  const plan = {
    ...{ destination, taskQueue: 'queue', fairnessKey: destination },
    retry: { initialDelayMs: 1, factor: 2, maximumDelayMs: 1, attempts: 1 },
    requestTimeoutMs: 1,
  };

  it('show no Markdown of a sender', () => {
    fc.assert(
      fc.property(anyText, anyText, anyKey, (source, reference, key) => {
        const input = {
          ...{ content: { text: 'secret words' }, priority: 3, traceId: 'abc' },
          ...{ onAmbiguous: 'resend' as const, deliveries: [plan] },
          correlation: { source, reference, url: `https://example.com/${source}` },
        };
        expect(read(messageSummary(input)).markup).toEqual([]);
        const { markup } = read(messageDetails(key, input));
        expect(markup.filter((type) => !/^(?:bullet_list|list_item|strong)_/.test(type))).toEqual(
          [],
        );
      }),
    );
  });

  it('show no Markdown of a platform', () => {
    fc.assert(
      fc.property(anyText, anyText, (detail, platformCode) => {
        const delivery = new Delivery(plan, []);
        delivery.begin();
        const attempt = {
          ...{ number: 1, startedAt: '2026-11-24T12:00:00Z', endedAt: '2026-11-24T12:00:01Z' },
          ...{ outcome: 'permanent' as const, reason: 'request_rejected' as const, platformCode },
        };
        delivery.fail(
          { reason: 'request_rejected', detail, attempts: [attempt], ending: 'refused' },
          new Date(),
        );
        const { markup, code } = read(parkingDetails('key', [delivery]));
        expect(
          markup.filter((type) => !/^(?:bullet_list|list_item|strong|heading|em)_/.test(type)),
        ).toEqual([]);
        expect(code.length).toBeGreaterThan(5);
      }),
    );
  });

  it('stay within Temporal’s limits without an open end of code', () => {
    for (const text of ['`', '"', 'ü', '😀', '[x](y) ']) {
      const line = summary('Dead letters of ', text.repeat(500));
      expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThanOrEqual(SUMMARY_BYTES);
      expect(Buffer.byteLength(JSON.stringify(line))).toBeGreaterThan(SUMMARY_BYTES - 20);
      expect(read(line).markup).toEqual([]);
    }
    const lines = Array.from(
      { length: 300 },
      () => `- ${inCode('[x](https://evil.example) `'.repeat(4))}`,
    );
    const list = details(lines);
    expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThanOrEqual(20_000);
    expect(list).toMatch(/`\n…$/);
  });
});

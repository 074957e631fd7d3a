/** What templates show, what they refuse when they are loaded, and what they can't do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/destinations/document/parseDocument.js';
import type { Block } from '../../src/destinations/document/document.js';
import type { SourceEvent } from '../../src/domain/event.js';
import { compileTemplate, TemplateError } from '../../src/templates/template.js';
import { wordsOf } from '../../src/templates/richText.js';
import { expectProcessorMsBelow } from '../processorTime.js';

const EVENT: SourceEvent = {
  key: 'k',
  source: 'pagerduty',
  reference: '55',
  state: 'triggered',
  severity: 'critical',
  occurredAt: '2026-11-23T12:00:00.000Z',
  title: 'Disk full on db-3',
  text: '**97 %** of `/var` is used.',
  url: 'https://example.com/incidents/a_(b)',
  labels: { host: 'db-3', team: 'storage' },
  raw: { alerts: [{ name: 'a' }, { name: 'b' }], started: '2026-11-23T11:00:00Z' },
};

function rendered(text: string, event: Partial<SourceEvent> = {}) {
  return compileTemplate('incident', { text }).render({ ...EVENT, ...event });
}
const textFor = (text: string, event: Partial<SourceEvent> = {}): string =>
  rendered(text, event).content.text;
const shownFor = (text: string, event: Partial<SourceEvent> = {}): string =>
  wordsOf(textFor(text, event));

function faultsOf(fields: { title?: string; text?: string; severity?: string }): string {
  try {
    compileTemplate('incident', fields);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  return 'no fault';
}

describe('a text', () => {
  it.each([
    ['the event’s Markdown', '{{ event.text }}', '**97 %** of `/var` is used.'],
    ['plain text', '{{ event.labels.host }}', 'db\\-3'],
    ['a value in code', '`{{ event.labels.host }}`', '`db-3`'],
    [
      'values in a block of code',
      '```\n{{ event.labels.host }} {{ event.text }}\n```',
      '```\ndb-3 **97 %** of `/var` is used.\n```',
    ],
    [
      'a link',
      '[{{ event.reference }}]({{ event.url }})',
      '[55](<https://example.com/incidents/a_(b)>)',
    ],
    [
      'a link by a filter',
      '{{ event.reference | link: event.url }}',
      '[55](<https://example.com/incidents/a_(b)>)',
    ],
    [
      'an address with a value',
      'https://wiki.test/{{ event.labels.host }}.',
      '<https://wiki.test/db-3>.',
    ],
    [
      'an address in brackets',
      '<https://wiki.test/{{ event.labels.host }}>',
      '<https://wiki.test/db-3>',
    ],
    ['no link to what is no web address', '{{ "x" | link: "javascript:alert(1)" }}', 'x'],
    ['code by a filter', '{{ event.labels.host | code }}', '`db-3`'],
    ['a value that is Markdown', '{{ "**b**" | md }} {{ "**b**" | raw }}', '**b** **b**'],
    ['an author’s word in plain text', '{{ "**b**" }}', '\\*\\*b\\*\\*'],
    ['a list', '{% for alert in event.raw.alerts %}- {{ alert.name }}\n{% endfor %}', '- a\n- b'],
    [
      'what was captured, once escaped',
      '{% capture x %}**{{ event.labels.host }}**{% endcapture %}{{ x }}',
      '**db\\-3**',
    ],
    [
      'a comparison of what was captured',
      '{% capture x %}{{ event.labels.host }}{% endcapture %}{% if x == "db-3" %}same{% endif %}',
      'same',
    ],
    ['a date in a time zone', '{{ event.occurredAt | date: "%H.%M", "Europe/Berlin" }}', '13\\.00'],
    [
      'a date in summer',
      '{{ "2026-07-01T12:00:00Z" | date: "%H.%M %z", "Asia/Kolkata" }} {{ 1782907200 | date: "%H", "America/New_York" }}',
      '17\\.30 \\+0530 08',
    ],
    ['a date in UTC', '{{ event.occurredAt | date: "%H.%M" }}', '12\\.00'],
    [
      'a duration',
      '{{ 3900 | duration }} {{ event.raw.started | duration: event.occurredAt }}',
      '1h 5m 1h',
    ],
    ['a default', '{{ event.labels.none | default: "nobody" }}', 'nobody'],
    ['an empty field', 'a{{ event.labels.none }}{{ event.conversation }}b', 'ab'],
    ['characters, not half of one', '{{ "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧" | truncate: 2 }}', '👩‍👩‍👧…'],
    ['Markdown that is cut, without its signs', '{{ event.text | truncate: 5 }}', '97 \\%…'],
    ['Markdown that fits', '{{ event.text | truncate: 500 }}', '**97 %** of `/var` is used.'],
    [
      'plain text beside Markdown',
      '{{ event.text | append: "*" }}',
      '**97 %** of `/var` is used.\\*',
    ],
    ['an object', '{{ event.raw.alerts[0] }}', '\\{\\"name\\"\\:\\"a\\"\\}'],
    [
      'nothing of a prototype',
      'a{{ event.raw.constructor.name }}{{ event.labels.__proto__ }}b',
      'ab',
    ],
  ])('has %s', (_what, template, text) => {
    expect(rendered(template)).toEqual({
      content: { text, title: EVENT.title, severity: 'critical' },
    });
  });

  it('shows a mention as text', () => {
    expect(shownFor('{{ event.title }}', { title: '<!here> @channel <@U1>' })).toBe(
      '<!here> @channel <@U1>',
    );
  });

  it.each([
    '{{ event.title }}',
    '**{{ event.labels.host }}** {{ event.title }}',
    '> {{ event.title }}',
  ])('shows any plain value as it is: %s', (template) => {
    fc.assert(
      fc.property(oneLine, (value) => {
        const shown = shownFor(template, { title: value, labels: { host: 'h' } });
        expect(shown.endsWith(value)).toBe(true);
      }),
    );
  });

  it.each([
    ['code', 'a `{{ event.title }}` b'],
    ['a block', '~~~\n{{ event.title }}\n~~~'],
    ['a block of backticks', '```text\n{{ event.title }}\n```\n'],
    ['the label of a link', '[{{ event.title }}]({{ event.url }})'],
  ])('shows any plain value as it is in %s', (_where, template) => {
    fc.assert(
      fc.property(
        fc.oneof(
          oneLine,
          fc.constantFrom('```', '`', '``` x', '~~~', 'a`b``c', '[x](y)', 'https://a.test/x'),
        ),
        (value) => {
          expect(allText(parseDocument(textFor(template, { title: value })))).toContain(value);
        },
      ),
    );
  });

  it('is rendered whatever the payload has', () => {
    const template = compileTemplate('t', {
      title: '{{ event.raw.a.b | upcase }}{{ event.raw.a | size }}',
      text: '{% for x in event.raw.a %}{{ x.b | date: "%Y" }}{{ x | truncate: 3 }}{{ x[0] | duration }}{% endfor %}{{ event.raw.a | join: "," }}{{ event.raw }}',
    });
    fc.assert(
      fc.property(fc.jsonValue(), (a) => {
        const { content } = template.render({ ...EVENT, raw: { a } });
        expect(content.text).not.toBe('');
      }),
    );
  });
});

/** Of characters that mean something somewhere, without spaces at the ends. */
const oneLine = fc
  .array(fc.constantFrom(...'*_`~[]()<>#+-.!|\\&:/@{}$%^=\'" aé9👩‍👩‍👧'.split('')), {
    minLength: 1,
    maxLength: 12,
  })
  .map((characters) => `x${characters.join('').replace(/\s+/g, ' ')}x`);

function allText(blocks: readonly Block[]): string {
  return wordsOfAll(blocks).join('\n');
}
function wordsOfAll(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => {
    if (block.kind === 'code') return [block.text];
    return block.kind === 'paragraph' ? [block.runs.map(({ text }) => text).join('')] : [];
  });
}

describe('code of an event', () => {
  const CODE = { kind: 'code', text: 'ps aux' };
  const blocksFor = (template: string, text: string) => parseDocument(textFor(template, { text }));
  const withCode = fc
    .tuple(
      fc.constantFrom('', 'See:\n', '- a\n\n', '> a\n'),
      fc.constantFrom('```', '~~~', '````js'),
      fc.constantFrom('\n', '\n```\n', '\n```', '\n~~~\n', '\n````\nThe end.'),
    )
    .map(([before, fence, after]) => `${before}${fence}\nps aux${after}`);

  it.each([
    '{{ event.text }}\nBelow.',
    '{{ event.text }} Below.',
    '{{ event.text }}Below.',
    'Says: {{ event.text }}\n\nBelow.',
    '**{{ event.reference }}** {{ event.text }} Below.',
    '> {{ event.text }}\n\nBelow.',
    '- {{ event.text }}\n\nBelow.',
    '{{ event.text }}{{ event.text }}Below.',
    '{{ event.text | append: " Below." }}',
    '{% capture text %}{{ event.text }}{% endcapture %}{{ text }} Below.',
    '{{ event.text | replace: "```", "~~~" }} Below.',
  ])('ends before what the template has below it: %s', (template) => {
    fc.assert(
      fc.property(withCode, (text) => {
        const [last] = blocksFor(template, text).slice(-1);
        expect(last).toMatchObject({ kind: 'paragraph' });
        expect(last && allText([last])).toMatch(/(?:^|\n)\s?Below\.$/);
      }),
    );
  });

  it.each(['{{ event.text }}', 'Says: {{ event.text }} for you', '> {{ event.text }}'])(
    'stays code: %s',
    (template) => {
      for (const text of ['```\nps aux\n```', '~~~\nps aux']) {
        expect(blocksFor(template, text)).toContainEqual(CODE);
      }
    },
  );

  it('leaves backticks within a sentence where they are', () => {
    const text = 'Use ```ps``` now';
    expect(textFor('Says: {{ event.text }}!', { text })).toBe(`Says: ${text}!`);
  });

  it('ends before the note on a template that failed', () => {
    const { text } = rendered('{{ event.raw.x | date: "%Y", event.raw.y }}', {
      text: '```\nps aux',
      raw: { x: '2026', y: 'No/Where' },
    }).content;
    expect(parseDocument(text).map(({ kind }) => kind)).toEqual(['code', 'paragraph']);
  });
});

describe('a title', () => {
  it('is one line of plain text', () => {
    const { title } = compileTemplate('t', {
      title: '{{ event.title }}:\n {{ event.text }} {{ event.reference | link: event.url }}',
    }).render({ ...EVENT, title: 'A *b* <!here>' }).content;
    expect(title).toBe('A *b* <!here>: 97 % of /var is used. 55');
  });

  it('can be left out', () => {
    const { content } = compileTemplate('t', { title: '', text: 'x' }).render(EVENT);
    expect(content).toEqual({ text: 'x', severity: 'critical' });
  });
});

it('gives a severity, or leaves that of the event', () => {
  const severity = '{% if event.labels.team == "storage" %}Warning{% else %}high{% endif %}';
  const template = compileTemplate('t', { severity });
  expect(template.render(EVENT).content.severity).toBe('warning');
  expect(template.render({ ...EVENT, labels: {} }).content.severity).toBe('critical');
});

describe('is refused when it is loaded:', () => {
  it.each([
    [
      'a misspelt field',
      'a\n{{ event.sevrity }}',
      'text, line 2: there is no "event.sevrity"; did you mean "event.severity"?',
    ],
    ['a field in brackets', '{{ event["titel"] }}', 'did you mean "event.title"?'],
    [
      'a field of a condition',
      '{% if event.stat == "x" %}{% endif %}',
      'did you mean "event.state"?',
    ],
    ['a field of a filter', '{{ "a" | default: event.titel }}', 'did you mean "event.title"?'],
    ['a field by another name', '{% assign e = event %}{{ e.titel }}', 'did you mean "e.title"?'],
    ['a field of a text', '{{ event.title.length }}', 'there is no "event.title.length"'],
    ['a name without event', '{{ title }}', 'did you mean "event.title"?'],
    ['a misspelt event', '{{ evnt.title }}', 'did you mean "event"?'],
    ['a name that is set later', '{{ x }}{% assign x = 1 %}', 'there is no "x" here'],
    [
      'a misspelt filter',
      '\n\n{{ event.title | upcas }}',
      'text, line 3: there is no filter "upcas"; did you mean "upcase"?',
    ],
    ['a misspelt tag', '{% fro x in event.raw %}', 'did you mean "for"?'],
    ['another file', '{% include "/etc/passwd" %}', 'there is no tag "include"'],
    ['another template', '{% render "x" %}', 'there is no tag "render"'],
    ['chance', '{{ event.raw | sample }}', 'there is no filter "sample"'],
    ['the present time', '{{ "now" | date: "%Y" }}', 'use event.occurredAt'],
    [
      'a time zone that there isn’t',
      '{{ event.occurredAt | date: "%Y", "Europe/Berlni" }}',
      'Europe/Berlni',
    ],
    ['an output without an end', '{{ event.title', 'not closed'],
    ['a tag without an end', '{% if event.title %}', 'not closed'],
    ['deep nesting', '{% if event.title %}'.repeat(3_000), 'text, line 1'],
  ])('%s', (_what, text, fault) => {
    expect(faultsOf({ text })).toContain(fault);
  });

  it('with all that is wrong', () => {
    expect(
      faultsOf({ title: '{{ event.a1 }}', text: '{{ event.b1 }}{{ event.c1 }}' }).split('\n'),
    ).toHaveLength(3);
  });
});

describe('a bomb', () => {
  const BOMBS: [string, string][] = [
    [
      'nested loops',
      '{% for a in event.raw.many %}{% for b in event.raw.many %}{% for c in event.raw.many %}x{% endfor %}{% endfor %}{% endfor %}',
    ],
    [
      'empty loops',
      '{% for a in event.raw.many %}{% for b in event.raw.many %}{% endfor %}{% endfor %}',
    ],
    ['a range of the payload', '{% for a in (1..event.raw.n) %}x{% endfor %}'],
    [
      'growth by append',
      '{% assign x = event.raw.word %}{% for a in event.raw.many %}{% assign x = x | append: x %}{% endfor %}{{ x }}',
    ],
    [
      'growth by capture',
      '{% assign x = event.raw.word %}{% for a in event.raw.many %}{% capture x %}{{ x }}{{ x }}{% endcapture %}{% endfor %}{{ x }}',
    ],
    [
      'growth by replace',
      '{% assign x = event.raw.word %}{% for a in event.raw.many %}{% assign x = x | replace: "a", x %}{% endfor %}{{ x }}',
    ],
    [
      'dates',
      '{% for a in event.raw.many %}{{ event.occurredAt | date: "%c", "Europe/Berlin" }}{% endfor %}',
    ],
    [
      'a wide date',
      '{% for a in event.raw.many %}{{ event.occurredAt | date: "%99999999Y" }}{% endfor %}',
    ],
    [
      'sorting',
      '{% for a in event.raw.many %}{% assign x = event.raw.many | sort_natural | reverse | sort %}{% endfor %}',
    ],
    ['cut Markdown', '{% for a in event.raw.many %}{{ event.text | truncate: 3 }}{% endfor %}'],
    ['JSON', '{% for a in event.raw.many %}{{ event.raw }}{{ event.raw | json }}{% endfor %}'],
    ['signs', '{% for a in event.raw.many %}[`` ` {{ event.title }} https://{% endfor %}'],
  ];
  it.each(BOMBS)('of %s stops within 50 ms', (_what, text) => {
    const many = Array.from({ length: 10_000 }, (_, index) => `element ${index}`);
    const event = { ...EVENT, raw: { n: 1e12, word: 'aaaaaaaaaa', many } };
    const template = compileTemplate('t', { text });
    const { content, failure } = template.render(event);
    expect(failure).toBe('too_much_work');
    expect(content.text).toContain('97 %');
    expect(content.text).toContain('template `t` took more work');
    expectProcessorMsBelow(50, () => void template.render(event));
  });
});

describe('the default content with a note', () => {
  it('is shown where nothing is left', () => {
    const { content, failure } = rendered('{{ event.labels.none }}');
    expect(failure).toBe('empty');
    expect(content.text).toBe(
      '**97 %** of `/var` is used.\n\n_The template `incident` gave an empty text._',
    );
  });

  it('is shown where a filter fails', () => {
    const { failure } = rendered('{{ event.labels.when | date: "%Y", event.labels.zone }}', {
      labels: { when: '2026-01-01', zone: 'Nowhere/Here' },
    });
    expect(failure).toBe('failed');
  });
});

it('renders the same each time', () => {
  const template = compileTemplate('t', {
    text: '{{ event.raw.alerts | map: "name" | join }} {% cycle "a", "b" %}',
  });
  expect(template.render(EVENT)).toEqual(template.render(EVENT));
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from '../../../src/lib/glob.js';
import { compileMatch, matchSchema } from '../../../src/routing/match.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { event } from './event.js';

const mismatch = (match: object, fields: object): string | undefined =>
  compileMatch(matchSchema.parse(match))(event(fields));

describe('match', () => {
  it.each([
    [{ source: 'pagerduty' }, { source: 'pagerduty' }],
    [{ severity: ['critical', 'error'] }, { severity: 'error' }],
    [{ 'labels.team': 'db*' }, { labels: { team: 'db-europe' } }],
    [
      { labels: { team: 'db*', 'k8s.io/zone': 'a' } },
      { labels: { team: 'db', 'k8s.io/zone': 'a' } },
    ],
    [{ 'labels.shard': 3 }, { labels: { shard: '3' } }],
    [{ 'labels.urgent': true }, { labels: { urgent: 'true' } }],
    [{ severity: { not: 'info' } }, { severity: 'critical' }],
    [{ severity: { not: ['info', 'ok'] } }, {}],
    [{ 'labels.team': { not: 'db*' } }, { labels: { team: 'web' } }],
    [{ 'labels.team': '*' }, { labels: { team: '' } }],
    [{ title: '*\\**' }, { title: 'a * b' }],
    [{ title: 'Disk\nfull*' }, { title: 'Disk\nfull on db' }],
    [{ state: 'triggered', isReminder: false }, { state: 'triggered' }],
    [{}, {}],
  ])('%j takes %j', (match, fields) => {
    expect(mismatch(match, fields)).toBeUndefined();
  });

  it.each([
    [{ source: 'pagerduty' }, { source: 'PagerDuty' }, 'source is not pagerduty'],
    [{ severity: ['critical', 'error'] }, {}, 'severity is not critical or error'],
    [{ severity: { not: 'info' } }, { severity: 'info' }, 'severity is info'],
    [{ 'labels.team': '*' }, {}, 'labels.team is not *'],
    [{ 'labels.constructor': '*' }, {}, 'labels.constructor is not *'],
    [{ title: 'a\\*' }, { title: 'ab' }, 'title is not a\\*'],
    [{ title: 'ab*ba' }, { title: 'aba' }, 'title is not ab*ba'],
  ])('%j doesn’t take %j', (match, fields, reason) => {
    expect(mismatch(match, fields)).toBe(reason);
  });

  it.each([
    [{ severty: 'critical' }, 'severty', /no field "severty"; did you mean "severity"\?/],
    [{ label: 'x' }, 'label', /did you mean "labels\.<name>"\?/],
    [{ labels: 'x' }, 'labels', /did you mean "labels\.<name>"\?/],
    [{ priority: 1 }, 'priority', /use source, key, /],
    [{ constructor: 'x' }, 'constructor', /no field "constructor"/],
    [{ severity: 'critcal' }, 'severity', /severity "critcal"; did you mean "critical"\?/],
    [{ state: ['firing'] }, 'state', /use one of triggered, acknowledged/],
    [{ severity: null }, 'severity', /must be a text, a list of texts/],
    [{ 'labels.a': [] }, 'labels.a', /at least one text/],
    [{ 'labels.a': '' }, 'labels.a', /must not be empty/],
    [{ 'labels.a': [['x']] }, 'labels.a', /must be a text/],
    [{ 'labels.a': { nto: 'x' } }, 'labels.a', /must be a text/],
    [{ labels: { a: { not: {} } } }, 'labels.a', /must be a text/],
  ])('%j is refused', (match, place, message) => {
    const [issue] = matchSchema.safeParse(match).error?.issues ?? [];
    expect([issue?.path.join('.'), issue?.message]).toEqual([
      place,
      expect.stringMatching(message),
    ]);
  });
});

describe('a pattern', () => {
  it('takes what a regular expression of the same meaning takes', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', '*', '\\', '.', '\n'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const source = pattern.replace(/\\[\\*]|[^]/gu, (token) =>
          token === '*'
            ? '[^]*'
            : `\\u{${(token.codePointAt(token.length - 1) ?? 0).toString(16)}}`,
        );
        expect(compileGlob(pattern).test(value)).toBe(new RegExp(`^${source}$`, 'u').test(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes no time to speak of for any text', () => {
    const { test } = compileGlob('*a'.repeat(200) + 'b');
    expectProcessorMsBelow(50, () => expect(test('a'.repeat(131_072))).toBe(false));
  });
});

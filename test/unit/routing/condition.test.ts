import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition, ConditionFault } from '../../../src/routing/condition.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { event } from './event.js';

const disk = event({
  labels: { team: 'db', size: '9' },
  raw: { count: 5, list: [1, 2], flag: true },
  state: 'triggered',
  occurredAt: '2026-11-23T22:30:00Z',
});

describe('when', () => {
  it.each([
    'event.state != "acknowledged"',
    'event.severity != "critical"',
    'event.severity in ["", "critical"]',
    '!has(event.severity) && has(event.title) && has(event.labels.team) && !has(event.labels.site)',
    'event.title.matches("^Disk") && event.title . matches ( r"db-\\d+$" )',
    'event.title == "matches" ? false : event.title.matches("full")',
    '"matches".matches("a.c")',
    'event.labels.exists(name, event.labels[name].matches("^d"))',
    'int(event.labels.size) > 5',
    'event.raw.count > 3 && event.raw.list.exists(each, each == 2)',
    'event.raw.flag',
    '((event.raw.list) + [7]) // a. b\n . exists(each, each == 7)',
    'event.raw.list.filter(each, each > 1).map(each, each + 1.0).exists_one(each, each == 3.0)',
    '(has(event.title) ? event.raw.list : [9]).exists(each, each == 2)',
    'event.occurredAt.getHours("Europe/Berlin") == 23',
    'event.labels.site == "x" || event.labels.team == "db"',
    'event.summary == event.title && !event.isReminder',
    '"😀é".size() == 2 && event.title.matches("Disk")',
    'event.raw.count + 1.0 == 6.0 && event.raw.count > 4 && int(event.raw.count) + 1 == 6',
    '(event.raw.flag ? event.title : event.text) + "!" != ""',
    '(event.title) + (event.text + "a") + ("b") != event.title && size((event.title)) > 1',
    'event.raw.list.map(each, string(each)).join(", ") == "1, 2"',
  ])('is met: %s', (expression) => {
    expect(compileCondition(expression)(disk)).toBeUndefined();
  });

  it.each([
    ['event.state == "resolved"', 'when is false'],
    ['event.labels.site != "x"', 'when can’t be evaluated: no such key: site'],
    ['event.raw.no.such.path == 1', 'when can’t be evaluated: no such key: no'],
    ['event.raw.constructor == 1', 'when can’t be evaluated: no such key: constructor'],
    ['event.raw.count', 'when is neither true nor false'],
    ['int(event.title) > 5', expect.stringContaining('when can’t be evaluated: ')],
    ['event.raw.count + 1 == 6', expect.stringContaining('no such overload')],
    ['1 / 0 > 5', expect.stringContaining('when can’t be evaluated: ')],
  ])('is not met: %s', (expression, reason) => {
    expect(compileCondition(expression)(disk)).toEqual(reason);
  });

  it.each([
    ['event.sevrity == "x"', /no such key: sevrity \(column 7\); did you mean "severity"\?/],
    ['event.priority == 1', /; an event has key, source/],
    ['title == "x"', /did you mean "event\.title"\?/],
    ['evnt.title == "x"', /did you mean "event"\?/],
    ['foo', /all fields begin with "event\."/],
    ['event.title.startWith("x")', /did you mean "startsWith"\?/],
    ['event.title > 3', /no such overload/],
    ['event.labels.team.name == "x"', /cannot index/i],
    ['event.title', /must be true or false, and this is string/],
    ['event.title.matches("x") &&', /unexpected token/],
    ['', /./],
    ['event.title.matches(event.source)', /matches\(\) with something else than a text in quotes/],
    ['event.title.matches("(")', /"\(" is not valid/],
    ['event.title.matches("(?=x)")', /is not valid/],
    ['event.title.matches("(a)\\\\1")', /is not valid/],
    ['event.title.matches("a{1,1000}$")', /is too large/],
    ['event.labels.all(a, event.labels.all(b, a == b))', /within another loop/],
    ['cel.bind(a, event.title + event.title, a == "")', /has cel\.bind\(\)/],
    ['["a"].join(event.text) == ""', /join\(\) with something else than a text in quotes/],
    [`["a"].join("${'x'.repeat(21)}") == ""`, /join\(\) with something else/],
    ['x'.repeat(5_000), /longer than 4,000/],
    [`${'('.repeat(1_000)}true${')'.repeat(1_000)}`, /maxDepth/],
  ])('is refused: %#', (expression, message) => {
    expect(() => compileCondition(expression)).toThrow(ConditionFault);
    expect(() => compileCondition(expression)).toThrow(message);
  });

  it.each([
    '(a+)+$',
    '(a|aa)+$',
    '(.*)*x',
    '(a?){50}a{50}',
    '([a-z]+)*\\d',
    '^(([a-z])+.)+[A-Z]+$',
  ])('with the regular expression %s stops within 50 ms on any text', (pattern) => {
    const check = compileCondition(`event.text.matches(${JSON.stringify(pattern)})`);
    const long = event({ text: `${'a'.repeat(131_000)}!` });
    check(event({ text: 'a' }));
    expectProcessorMsBelow(50, () => check({ ...long }));
  });

  const ADDED_TEXTS = Array(150).fill('event.text').join(' + ');
  const ADDED_LISTS = Array(100).fill('event.raw.list').join(' + ');
  it.each([
    'event.raw.list.all(each, !event.text.contains("aaab"))',
    '!event.raw.list.exists(each, event.text.contains("aaab"))',
    'event.raw.list.exists(each, !(each in event.raw.list))',
    '((event.raw.list) + event.raw.list).filter(each, event.text.size() == 0) == []',
    'event.raw.list.map(each, each).exists_one(each, event.text.contains("aaab"))',
    'event.raw.list.map(each, event.text + event.text).join("") == ""',
    'event.raw.list.map(each, event.text.split("")).size() == 1',
    'event.raw.list.map(each, event.raw.list + event.raw.list).size() == 1',
    `(${ADDED_TEXTS}).size() == 1`,
    `(${ADDED_TEXTS}).split("a").size() == 1`,
    `${ADDED_TEXTS} == event.title`,
    `(${ADDED_LISTS}).size() == 1`,
    `(${ADDED_LISTS}).exists(each, each == -1.0)`,
    Array(70).fill('size(event.text) == 1').join(' || '),
    Array(55).fill('size(has(event.id)?event.text:event.text)==1').join('||'),
    Array(55).fill('size(event.text)+size( (event.text) )==1').join('||'),
    Array(60).fill('event.text.split("").size() == 1').join(' || '),
    Array(60).fill('event.raw.list == event.raw.same').join(' && '),
    Array(60).fill('!(-1.0 in event.raw.list)').join(' && '),
  ])('stops what would take long: %#', (expression) => {
    const check = compileCondition(expression);
    const list = Array.from({ length: 10_000 }, (_, index) => index);
    const long = event({ text: 'a'.repeat(131_000), raw: { list, same: [...list] } });
    // It stops after 40 ms, and a step that has begun ends: 60 ms at most on a quiet machine.
    expectProcessorMsBelow(100, () => check({ ...long }));
    const short = event({ title: 'a', text: 'a', raw: { list: [0], same: [0] } });
    expect(String(check(short))).not.toMatch(/too long|can’t/);
  });

  it.each([
    'size(event.raw.slow)==2',
    'size( (event.raw.slow) ) == 2',
    '(event.raw.slow).size()==2',
    'size(event.isReminder?event.raw.slow:event.raw.slow)==2',
    'size(event.isReminder?event.raw:(event.raw.slow))==2',
    'size(event.isReminder?event.raw:event.isReminder?event.raw:event.raw.slow)==2',
    '(event.raw.slow==event.raw.other)',
    '(event.raw.other == (event.raw.slow))',
    '((event.isReminder?event.raw:event.raw.slow)==event.raw.other)',
    '(event.raw.other in event.raw.slow)',
    'size(!event.isReminder?event.raw.slow:(event.raw.other))==2',
  ])('takes no step after it has stopped, although || goes on with its next part: %s', (part) => {
    let steps = 0;
    const slow = new Proxy([0], {
      get: (target, property) => {
        if (property === 'length') {
          steps += 1;
          for (const end = performance.now() + 10; performance.now() < end;);
        }
        return Reflect.get(target, property) as unknown;
      },
    });
    const check = compileCondition(Array(50).fill(part).join('||'));
    expect(check({ ...event(), raw: { slow, other: [2] } })).toMatch(/too long/);
    // Of 10 ms each, where it stops after 40 ms. On a busy machine a process has a part of the time.
    expect(steps).toBeLessThan(40);
  });

  it.each([
    'size( (event.text) ) == 1',
    '(size((event.text))) == 1',
    'size(has(event.title) ? event.text : event.title) == 1',
    'size(has(event.id) ? event.title : has(event.title) ? event.text : event.title) == 1',
    '(size((event.text) + (event.title))) == 2',
    '"(b)".contains((event.title + ")")) && size(string(size(event.text + event.title))) == 1',
    'string(event.raw.n ? "a" : "b") == "b"',
    'size(event.text // (the text)\n) == 1',
    'size(event.raw.list.filter(each, size(event.text + each) == 2)) == 1',
  ])('has brackets around what is read, and around what a function is given: %s', (expression) => {
    const check = compileCondition(expression);
    expect(check(event({ title: 'b', text: 'a', raw: { n: false, list: ['c', 'dd'] } }))).toBe(
      undefined,
    );
  });

  it.each([
    'event.raw.texts.exists(each, each == "entry 9999")',
    'event.raw.texts.filter(each, each.contains("9999")).map(each, each + "!") == ["entry 9999!"]',
    'event.raw.list.all(each, each >= 0) && event.raw.list.exists_one(each, each == 5)',
    '(event.title + ": " + event.text).contains("aa") && event.text.size() > 1000',
  ])('evaluates a usual condition on 10,000 elements: %s', async (expression) => {
    const list = Array.from({ length: 10_000 }, (_, index) => index);
    const texts = list.map((index) => `entry ${index}`);
    const long = event({ text: 'a'.repeat(131_000), raw: { list, texts } });
    const check = compileCondition(expression);
    const short = { list: list.slice(0, 500), texts: texts.slice(0, 500) };
    // Code that has run is faster.
    for (let round = 0; round < 20; round += 1) check(event({ raw: short }));
    // The limit is one of time, and a busy machine may stop the test for longer.
    await expect.poll(() => check(long)).toBeUndefined();
  });

  it('applies no regular expression to more text than it can read in time', () => {
    const check = compileCondition('event.labels.exists(name, event.text.matches("(ab|ba){20}$"))');
    const labels = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`l${index}`, '']),
    );
    expect(check(event({ text: 'ab'.repeat(60_000) + '!', labels }))).toMatch(/too long/);
    expect(check(event({ text: 'ab'.repeat(20), labels }))).toBeUndefined();
  });

  it('throws nothing but a ConditionFault, whatever is written', () => {
    const word = fc.constantFrom(
      ...[
        'event',
        '.',
        'title',
        'labels',
        'matches',
        '(',
        ')',
        '"a"',
        '&&',
        '==',
        '[',
        ']',
        '1',
        'has',
        'x',
        ',',
        '?',
        ':',
        '!',
        'raw',
        'exists',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          let check: ReturnType<typeof compileCondition>;
          try {
            check = compileCondition(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ConditionFault);
            return;
          }
          check(disk);
        },
      ),
      { numRuns: 300 },
    );
  });
});

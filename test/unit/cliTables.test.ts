/** What the tables of the commands show, before an API of the test: times, names, and the columns of `--wide`. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { answerCommands } from './answeringServer.js';
import { runSendproof, type CommandOptions } from '../sendproofCommand.js';

const OPS = 'slack:default/C0123ABC';
const OTHERS = ['slack:default/C1', 'slack:default/C2', 'slack:default/C3'];
const AT = '2026-11-23T12:00:00.123Z';
const LETTER = { destination: OPS, reason: 'not_authorised', detail: 'not_in_channel', at: AT };
const MESSAGE = {
  deduplicationKey: 'pagerduty-55-triggered',
  status: 'dead_lettered',
  title: 'Disk full on db-1',
  destinations: [OPS, ...OTHERS],
  source: 'pagerduty',
  reference: '55',
  traceId: 'a'.repeat(32),
  acceptedAt: AT,
  deadLetters: [LETTER],
  names: { [OPS]: 'Ops team' },
};
const SCHEDULED = {
  deduplicationKey: 'later',
  status: 'accepted',
  destinations: [OPS],
  acceptedAt: AT,
  dueAt: '2026-11-23T12:05:00.000Z',
  deadLetters: [],
};
const COUNT = { count: 2, oldest: '2026-11-21T12:00:00.000Z', newest: AT };

const ANSWERS: Record<string, object> = {
  '/v1/messages': { messages: [MESSAGE, SCHEDULED] },
  '/v1/dead-letters': { messages: [MESSAGE] },
  '/v1/dead-letters/summary': {
    deadLetters: 2,
    messages: 2,
    destinations: [
      { destination: OPS, ...COUNT, reasons: [{ reason: 'not_authorised', ...COUNT }] },
    ],
    names: { [OPS]: 'Ops team' },
  },
  '/v1/sources': {
    since: AT,
    sources: [
      {
        name: 'ci',
        type: 'slack-webhook',
        url: 'http://127.0.0.1:3000/v1/sources/ci/<token>',
        requests: [{ at: AT, outcome: 'accepted', status: 200, messages: [], messageCount: 1 }],
        messages: [MESSAGE],
        counts: {},
      },
    ],
  },
};

const environment = answerCommands(({ url = '' }, response) => {
  const body = ANSWERS[url.split('?')[0] ?? ''] ?? {};
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

/** At 13:02:00 in Berlin, two minutes after everything; without colours. */
async function shown(command: string, options: CommandOptions = {}): Promise<string[]> {
  const { stderr, stdout } = await runSendproof(command.split(' '), {
    environment,
    now: new Date('2026-11-23T12:02:00.123Z'),
    timeZone: 'Europe/Berlin',
    ...options,
  });
  expect(stderr).toBe('');
  return stripVTControlCharacters(stdout).trimEnd().split('\n');
}

const COMMANDS = ['list', 'dead-letters', 'dead-letters summary', 'sources list'];

describe('times', () => {
  it.each(COMMANDS)('of %s are local, with their age', async (command) => {
    expect(await shown(command)).toContainEqual(expect.stringContaining('13:00:00 (2 min ago)'));
  });

  it.each(COMMANDS)('of %s are those of the JSON with --utc, wherever it is', async (command) => {
    const after = await shown(`${command} --utc`);
    expect(after).toContainEqual(expect.stringContaining(AT));
    expect(after.join('\n')).not.toMatch(/ ago|13:00/);
    expect(await shown(`--utc ${command}`)).toEqual(after);
  });

  it.each(COMMANDS)('of %s stay as they are in JSON', async (command) => {
    const json = await shown(`${command} --json`);
    expect(json.join('\n')).toContain(`"${AT}"`);
    expect(await shown(`${command} --json --utc --wide`)).toEqual(json);
  });

  it('have their date on other days, and say how soon they are', async () => {
    expect((await shown('dead-letters summary'))[1]).toContain('2026-11-21 13:00:00 (2 d ago)');
    expect((await shown('list'))[2]).toContain('13:05:00 (in 3 min)');
  });

  it('are the same in a pipe as on a terminal', async () => {
    const columns = 1_000;
    for (const command of COMMANDS) {
      expect(await shown(command)).toEqual(await shown(command, { columns }));
    }
  });
});

describe('columns', () => {
  it.each([
    ['list', 'KEY STATUS ACCEPTED DUE DESTINATIONS'],
    ['list --wide', 'KEY STATUS ACCEPTED DUE TITLE SOURCE REFERENCE DESTINATIONS TRACE'],
    ['dead-letters', 'KEY DESTINATION REASON SINCE REMEDY'],
    [
      'dead-letters --wide',
      'KEY DESTINATION REASON SINCE SOURCE REFERENCE DESTINATIONS DETAIL REMEDY',
    ],
    ['dead-letters summary', 'DESTINATION REASON COUNT OLDEST NEWEST REMEDY'],
    ['sources list', 'SOURCE TYPE LAST REQUEST ANSWER NEWEST MESSAGE'],
    [
      'sources list --wide',
      'SOURCE TYPE ADDRESS LAST REQUEST ANSWER NEWEST MESSAGE REFERENCE DESTINATIONS',
    ],
  ])('of %s are %s', async (command, headings) => {
    const [heading = ''] = await shown(command);
    expect(heading.replaceAll(/ +/g, ' ')).toBe(headings);
  });

  it.each(COMMANDS)('of %s are not wrapped with --wide, however narrow it is', async (command) => {
    const wide = await shown(`${command} --wide`, { columns: 40 });
    expect(wide).toEqual(await shown(`${command} --wide`));
    const narrow = await shown(command, { columns: 40 });
    expect(narrow.length).toBeGreaterThan(wide.length);
  });
});

describe('destinations', () => {
  it.each(['list', 'dead-letters', 'dead-letters summary'])(
    'of %s have their name, and with --wide their id too',
    async (command) => {
      const byName = (await shown(command)).slice(0, 2).join('\n');
      expect(byName).toContain('Ops team');
      expect(byName).not.toContain(OPS);
      expect((await shown(`${command} --wide`)).join('\n')).toContain(`Ops team (${OPS})`);
    },
  );

  it('that are many are the first three, and with --wide all', async () => {
    const [, row = ''] = await shown('list');
    expect(row).toMatch(/ Ops team, slack:default\/C1, slack:default\/C2 and 1 more$/);
    const [, wide = ''] = await shown('list --wide');
    expect(wide).toContain(`Ops team (${OPS}), ${OTHERS.join(', ')}`);
  });
});

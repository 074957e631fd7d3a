/** What a key may send and decide, and its name in history and in the audit lines. */
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerWithKey, type Caller } from '../../src/api/caller.js';
import {
  assertMayDecide,
  assertMayDecideOnAll,
  assertMaySend,
  decidedBy,
} from '../../src/api/permissions.js';
import { keysSchema } from '../../src/config/keys.js';
import { deciderOf, deciderText } from '../../src/domain/decider.js';
import { contentOf, eventRecord, messageRecord, senderOf } from '../../src/api/intakeRecord.js';
import { runSendproof } from '../sendproofCommand.js';
import { entry, startKeysApi, valueOf, type KeysApi } from './keysApi.js';

const MINE = 'slack:default/C0MINE';
const OTHER = 'slack:default/C0OTHER';
const CI = valueOf('ci');
const ON_CALL = valueOf('on-call');
const KEYS = [
  entry('ci', ['send', 'decide'], { destinations: ['slack:*/C0MINE*'], sources: ['ci-*'] }),
  entry('on-call', ['send', 'read', 'decide']),
  entry('narrow', ['decide'], { destinations: ['slack:*/C0MINE*'] }),
];

const callers = keysSchema.parse(KEYS).map(callerWithKey);
const caller = (name: string): Caller => {
  const found = callers.find((each) => each.name === name);
  if (!found) throw new Error(`no key ${name}`);
  return found;
};

let api: KeysApi;
beforeAll(async () => {
  api = await startKeysApi(
    {
      keys: KEYS,
      routes: [
        { name: 'mine', match: { source: 'ci-1' }, to: [MINE] },
        { name: 'both', match: { source: 'ci-2' }, to: [MINE], continue: true },
        { name: 'other', to: [OTHER] },
      ],
    },
    { SENDPROOF_API_KEYS: valueOf('simple') },
  );
});
afterAll(() => api.close());

const message = (deduplicationKey: string, more: object = {}) => ({
  deduplicationKey,
  destinations: [MINE],
  content: { text: 'what nobody may read in a log' },
  correlation: { source: 'ci-1' },
  ...more,
});

/** What a key with limits may not send: each names what is refused. */
const REFUSED: [what: string, more: object, named: string][] = [
  ['another destination', { destinations: [OTHER] }, OTHER],
  ['another destination beside its own', { destinations: [MINE, OTHER] }, OTHER],
  [
    'another destination as a fallback',
    { destinations: [{ destination: MINE, fallback: [OTHER] }] },
    OTHER,
  ],
  ['another platform', { destinations: ['teams:default/chats/C0MINE'] }, 'teams:default'],
  ['another source', { correlation: { source: 'prod-1' } }, '"prod-1"'],
  ['a source with other letters', { correlation: { source: 'CI-1' } }, '"CI-1"'],
  ['no source', { correlation: undefined }, 'correlation.source'],
];

describe.each(REFUSED)('a key that may not send: %s', (_, more, named) => {
  it('is refused by itself', async () => {
    const before = api.starts.length;
    const answer = await api.request('POST', '/v1/messages', { key: CI, body: message('r', more) });
    expect([answer.status, answer.body.type]).toEqual([403, 'not_allowed']);
    expect(answer.body.detail).toContain(named);
    expect(answer.body.detail).toContain('"ci"');
    expect(api.starts).toHaveLength(before);
  });

  it('is refused in a batch, and in the background with all of it', async () => {
    const before = api.starts.length;
    const body = { messages: [message('batch-good'), message('batch-bad', more)] };
    const { body: answer } = await api.request('POST', '/v1/messages/batch', { key: CI, body });
    const results = answer.results as { status: number; problem?: { detail: string } }[];
    expect(results.map(({ status }) => status)).toEqual([202, 403]);
    expect(results[1]?.problem?.detail).toContain(named);
    expect(api.starts).toHaveLength(before + 1);
    const background = await api.request('POST', '/v1/messages/batch', {
      ...{ key: CI, body },
      headers: { prefer: 'respond-async' },
    });
    expect(background.status).toBe(403);
    expect(background.body.detail).toContain('messages.1');
    expect(api.starts).toHaveLength(before + 1);
  });

  it('is no matter for a key without limits', async () => {
    const { status } = await api.request('POST', '/v1/messages', {
      key: ON_CALL,
      body: message('r', more),
    });
    // An account that is not configured is another matter.
    expect([202, 400]).toContain(status);
  });
});

describe('an event', () => {
  const event = (source: string) => ({ key: 'e', source, title: 'something' });
  it.each<[source: string, status: number, named: string]>([
    ['ci-1', 202, ''],
    ['ci-2', 403, OTHER],
    ['ci-3', 403, OTHER],
    ['prod', 403, '"prod"'],
  ])('of the source %s is answered %i', async (source, status, named) => {
    const body = event(source);
    const alone = await api.request('POST', '/v1/events', { key: CI, body });
    expect(alone.status).toBe(status);
    expect(alone.body.detail ?? '').toContain(named);
    const many = await api.request('POST', '/v1/events/batch', {
      key: CI,
      body: { events: [body] },
    });
    expect((many.body.results as { status: number }[])[0]?.status).toBe(status);
  });
});

describe('who sent', () => {
  const memoOf = (at: number): Record<string, unknown> => {
    const fields = api.starts.at(at)?.memo?.fields ?? {};
    return Object.fromEntries(
      Object.entries(fields).map(([name, { data }]) => [
        name,
        JSON.parse(Buffer.from(data ?? []).toString()) as unknown,
      ]),
    );
  };

  it.each([
    ['/v1/messages', message('by-name')],
    ['/v1/events', { key: 'e-by-name', source: 'ci-1', title: 'something' }],
  ])(
    'is in the memo of what %s starts, and in an audit line without the content',
    async (path, body) => {
      const before = api.audit().length;
      await api.request('POST', path, { key: CI, body });
      expect(memoOf(-1)).toMatchObject({ sentBy: 'ci' });
      expect(api.audit().slice(before)).toMatchObject([
        { kind: 'audit', action: 'send', key: 'ci', outcome: 'accepted' },
      ]);
      expect(api.log()).not.toContain('what nobody may read');
    },
  );

  it('travels with a record of a queue, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), (name) => {
        for (const record of [
          messageRecord({} as never, {}, name),
          eventRecord({} as never, {}, name),
        ]) {
          expect(senderOf(record as never)).toBe(name);
          expect(record.headers['sendproof-sender']).toMatch(/^[\x21-\x7e]*$/);
        }
      }),
      { numRuns: 50 },
    );
    expect(senderOf({ headers: { 'sendproof-sender': '%' } })).toBeUndefined();
    expect(senderOf({ headers: {} })).toBeUndefined();
    expect(contentOf(messageRecord({} as never, {}, 'ci') as never, 'x')).toEqual({
      kind: 'message',
    });
  });
});

describe('a decision', () => {
  const refusal = (decide: () => void): string => {
    try {
      decide();
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('is limited as sending is', () => {
    const [ci, narrow, free] = ['ci', 'narrow', 'on-call'].map(caller) as [Caller, Caller, Caller];
    const on = (destinations: string[], source?: string) => ({ destinations, source });
    expect(refusal(() => assertMayDecide(ci, on([MINE], 'ci-1')))).toBe('');
    expect(refusal(() => assertMayDecide(ci, on([MINE, OTHER], 'ci-1')))).toContain(OTHER);
    expect(refusal(() => assertMayDecide(ci, on([MINE], 'prod')))).toContain('"prod"');
    expect(refusal(() => assertMayDecide(ci, on([MINE])))).toContain('correlation.source');
    expect(refusal(() => assertMayDecide(free, on([MINE, OTHER])))).toBe('');
    expect(refusal(() => assertMayDecideOnAll(narrow, [MINE]))).toBe('');
    expect(refusal(() => assertMayDecideOnAll(narrow, [MINE, OTHER]))).toContain(OTHER);
    expect(refusal(() => assertMayDecideOnAll(ci, [MINE]))).toContain('one by one');
    expect(refusal(() => assertMayDecideOnAll(free, [MINE, OTHER]))).toBe('');
  });

  it('names what is refused, whatever is asked for', () => {
    const part = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (channels) => {
        const destinations = channels.map(
          (each): `slack:default/${string}` => `slack:default/${each}`,
        );
        const correlation = { source: 'ci-1' };
        const said = refusal(() =>
          assertMaySend(caller('ci'), {
            destinations: destinations.map((destination) => ({ destination, fallback: [] })),
            correlation,
          }),
        );
        const wrong = destinations.find((each) => !each.startsWith('slack:default/C0MINE'));
        if (wrong === undefined) expect(said).toBe('');
        else expect(said).toContain(wrong);
      }),
    );
  });

  it('is in the name of a named key, with the claimed one beside it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), (claimedBy) => {
        const text = decidedBy(caller('on-call'), claimedBy) ?? '';
        expect(deciderOf(text)).toEqual(
          claimedBy === 'on-call' ? { by: 'on-call' } : { by: 'on-call', claimedBy },
        );
        const simple = { ...caller('on-call'), decidesByName: false };
        expect(decidedBy(simple, claimedBy)).toBe(claimedBy);
        const pretended = deciderText({ by: 'on-call', claimedBy });
        expect(deciderOf(decidedBy(simple, pretended) ?? '').by).not.toBe('on-call');
      }),
    );
    expect(decidedBy(caller('on-call'), undefined)).toBe('on-call');
    expect((decidedBy(caller('on-call'), 'x'.repeat(5_000)) ?? '').length).toBeLessThan(1_000);
    expect(deciderOf('Ada Lovelace')).toEqual({ by: 'Ada Lovelace' });
    expect(deciderText({ by: 'ops', claimedBy: 'Ada' })).toBe('ops (claimed: Ada)');
  });

  describe('over HTTP', () => {
    const cancelled: Record<string, unknown>[] = [];
    beforeAll(() => {
      api.answer = ({ method, request }) => {
        if (method === 'describeWorkflowExecution') return OPEN_MESSAGE;
        if (method === 'getWorkflowExecutionHistory') return HISTORY;
        if (method !== 'requestCancelWorkflowExecution') return undefined;
        cancelled.push(request);
        return {};
      };
    });
    const cancel = (key: string, by = 'the CEO') =>
      api.request('DELETE', `/v1/messages/open?by=${encodeURIComponent(by)}`, { key });

    it('is refused for another destination, before anything happens', async () => {
      const answer = await cancel(valueOf('narrow'));
      expect([answer.status, answer.body.type]).toEqual([403, 'not_allowed']);
      expect(answer.body.detail).toContain(OTHER);
      const later = { deliverAt: null };
      const changed = await api.request('PATCH', '/v1/messages/open', {
        ...{ key: valueOf('narrow'), body: later },
      });
      expect(changed.status).toBe(403);
      expect(cancelled).toEqual([]);
    });

    it('is taken in the name of the key, with the claimed one beside it', async () => {
      expect((await cancel(ON_CALL)).status).toBe(202);
      expect(cancelled.at(-1)?.identity).toBe('on-call (claimed: the CEO)');
      expect(api.audit().at(-1)).toMatchObject({
        ...{ action: 'cancel', key: 'on-call', by: 'on-call (claimed: the CEO)' },
        ...{ outcome: 'accepted', message: 'open', destinations: [OTHER] },
      });
      expect((await cancel(valueOf('simple'))).status).toBe(202);
      expect(cancelled.at(-1)?.identity).toBe('the CEO');
    });

    it('stands beside the sender in the status', async () => {
      const { body } = await api.request('GET', '/v1/messages/open', { key: ON_CALL });
      expect(body).toMatchObject({
        sentBy: 'ci',
        operatorActions: [{ action: 'retry', by: 'on-call', claimedBy: 'Ada' }],
      });
      const timeline = await api.request('GET', '/v1/messages/open/timeline', { key: ON_CALL });
      expect(timeline.text).toContain('"by":"on-call","claimedBy":"Ada"');
    });
  });
});

const payload = (value: unknown) => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});
const NOW = { seconds: Math.floor(Date.now() / 1_000), nanos: 0 };
const { DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryResponse } =
  proto.temporal.api.workflowservice.v1;

/** A message that waits for its first attempt. */
const OPEN_MESSAGE = DescribeWorkflowExecutionResponse.fromObject({
  workflowExecutionInfo: {
    execution: { workflowId: 'open', runId: '0a1b2c3d-0000-4000-8000-000000000003' },
    type: { name: 'deliverMessage' },
    taskQueue: 'sendproof',
    status: 1,
    startTime: NOW,
    executionTime: NOW,
    historyLength: 2,
    memo: { fields: { sentBy: payload('ci'), destinations: payload([OTHER]) } },
    searchAttributes: { indexedFields: {} },
  },
});

const HISTORY = GetWorkflowExecutionHistoryResponse.fromObject({
  history: {
    events: [
      {
        eventId: 1,
        eventTime: NOW,
        eventType: 1,
        workflowExecutionStartedEventAttributes: {
          input: {
            payloads: [
              payload({
                content: { text: 'x' },
                priority: 3,
                onAmbiguous: 'retry',
                deliveries: [
                  {
                    destination: OTHER,
                    taskQueue: 'q',
                    fairnessKey: 'k',
                    retry: {},
                    requestTimeoutMs: 1,
                  },
                ],
                traceId: '0'.repeat(32),
              }),
            ],
          },
        },
      },
      {
        eventId: 2,
        eventTime: NOW,
        eventType: 26,
        workflowExecutionSignaledEventAttributes: {
          signalName: 'retry',
          input: { payloads: [payload({ by: 'on-call (claimed: Ada)' })] },
        },
      },
    ],
  },
});

describe('`sendproof keys create`', () => {
  const create = (...args: string[]) => runSendproof(['keys', 'create', ...args]);

  it('makes a key of a tenant', async () => {
    const { stdout } = await create('--json', '--name', 'ci', '--tenant', 'build');
    const { entry: made } = JSON.parse(stdout) as { entry: unknown };
    expect(keysSchema.parse([made])[0]?.tenant).toBe('build');
    const refused = await create('--name', 'ci', '--tenant', 'a/b');
    expect(refused.stderr).toContain('--tenant: must begin with a letter or a digit');
  });

  it('shows a key once, with an entry that lets it in', async () => {
    const { stdout } = await create('--json', '--name', 'ci', '--scopes', 'send,read');
    const { entry: made, key } = JSON.parse(stdout) as { key: string; entry: unknown };
    expect(key).toMatch(/^[\w-]{43}$/);
    const [parsed] = keysSchema.parse([made]);
    expect(parsed?.scopes).toEqual(new Set(['send', 'read']));
    const other = JSON.parse((await create('--json', '--name', 'ci')).stdout) as { key: string };
    expect(other.key).not.toBe(key);
    expect((await create('--name', 'ci')).stdout).toMatch(
      /^[\w-]{43}\n\nkeys:\n {2}- name: ci\n {4}hash: sha256:/,
    );
  });

  it.each([
    [['--name', 'two words'], '--name: must begin'],
    [['--name', 'ci', '--scopes', 'sent'], 'did you mean "send"'],
    [['--name', 'ci', '--destinations', 'slak:*'], 'did you mean "slack"'],
    [['--scopes', 'send'], '--name'],
  ])('refuses %s', async (args, words) => {
    const { exitCode, stderr, stdout } = await create(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DeliveryError,
  type Attempt,
  type DeliveryErrorOutcome,
  type FailureReason,
} from '../../src/domain/delivery.js';
import type { DestinationAdapter, PostQuery } from '../../src/destinations/destination.js';
import { deliverThrough } from './delivering.js';

/** What a platform does with one request, and what it answers. */
interface Answer {
  posts: boolean;
  error?: { outcome: DeliveryErrorOutcome; reason: FailureReason; httpStatus?: number };
}

const POSTED: Answer = { posts: true };

/** A platform that answers its posting requests in this order, and then by posting. */
class Platform implements DestinationAdapter {
  posts = 0;
  searches = 0;
  readonly #answers: Answer[];

  constructor(answers: readonly Answer[]) {
    this.#answers = [...answers];
  }

  layout() {
    return { parts: 1 };
  }

  post() {
    const { posts, error } = this.#answers.shift() ?? POSTED;
    if (posts) this.posts += 1;
    return error
      ? Promise.reject(new DeliveryError('what happened', error))
      : Promise.resolve({ messageId: String(this.posts) });
  }

  find() {
    this.searches += 1;
    return Promise.resolve(this.posts > 0 ? { messageId: '1' } : undefined);
  }

  check() {
    return Promise.resolve({ identity: 'app' });
  }

  /** The same platform for an account that may not search it, or as one that can't be searched. */
  unsearchable(how: 'refused' | 'impossible'): Partial<DestinationAdapter> {
    const refusal = { outcome: 'permanent', reason: 'not_authorised', httpStatus: 403 } as const;
    return {
      layout: () => this.layout(),
      post: () => this.post(),
      ...(how === 'refused' && {
        find: () => Promise.reject(new DeliveryError('missing_scope', refusal)),
      }),
    };
  }
}

const refused = (httpStatus: number, reason: FailureReason, posts = true): Answer => ({
  posts,
  error: { outcome: 'permanent', reason, httpStatus },
});
const unknown = (posts: boolean, httpStatus = 502): Answer => ({
  posts,
  error: { outcome: 'ambiguous', reason: 'platform_unavailable', httpStatus },
});
const limited: Answer = {
  posts: false,
  error: { outcome: 'transient', reason: 'rate_limited', httpStatus: 429 },
};

describe('a platform that posts and then answers that it refused', () => {
  it.each([
    refused(400, 'request_rejected'),
    refused(401, 'credentials_rejected'),
    refused(403, 'not_authorised'),
    refused(404, 'destination_not_found'),
    refused(409, 'request_rejected'),
    refused(413, 'content_rejected'),
    refused(200, 'content_rejected'),
  ])('shows the message once: a person’s retry finds it ($error.httpStatus)', async (answer) => {
    const platform = new Platform([answer]);
    const parked = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(parked).toMatchObject({ reason: answer.error?.reason });

    const retried = await deliverThrough(platform, { onAmbiguous: 'resend' }, parked.attempts);
    expect(retried.attempts.at(-1)).toMatchObject({ outcome: 'delivered', lookup: 'found' });
    expect(platform).toMatchObject({ posts: 1, searches: 1 });
  });

  it.each([408, 423, 425])('is searched before the next attempt (%i)', async (httpStatus) => {
    const answer: Answer = {
      posts: true,
      error: { outcome: 'transient', reason: 'platform_unavailable', httpStatus },
    };
    const platform = new Platform([answer]);
    const { attempts } = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(attempts).toMatchObject([{ httpStatus }, { outcome: 'delivered', lookup: 'found' }]);
    expect(platform.posts).toBe(1);
  });

  it('is searched by the retry of a dead letter of an earlier release, too', async () => {
    const earlier: Attempt[] = [
      {
        number: 1,
        startedAt: '2026-11-20T12:00:00.000Z',
        outcome: 'permanent',
        reason: 'request_rejected',
        httpStatus: 400,
        platformCode: 'BadRequest',
      },
    ];
    const platform = new Platform([]);
    platform.posts = 1;
    const { attempts } = await deliverThrough(platform, { onAmbiguous: 'resend' }, earlier);
    expect(attempts.at(-1)).toMatchObject({ number: 2, lookup: 'found' });
  });

  it('is believed where it can’t be searched, since a person has asked for the retry', async () => {
    const platform = new Platform([refused(400, 'request_rejected', false)]);
    const adapter = platform.unsearchable('impossible');
    const settings = { onAmbiguous: 'dead_letter' } as const;
    const parked = await deliverThrough(adapter, settings);
    expect(parked.reason).toBe('request_rejected');
    const retried = await deliverThrough(adapter, settings, parked.attempts);
    expect(retried.attempts.at(-1)).toMatchObject({ outcome: 'delivered' });
    expect(retried.attempts.at(-1)?.lookup).toBeUndefined();
  });
});

describe('an adapter that fails in a way that it should not', () => {
  it('before it sent anything makes a dead letter at once, not one that was perhaps sent', async () => {
    const adapter = {
      post: () => Promise.reject(new RangeError('words of the sender')),
    };
    const { attempts, reason, detail } = await deliverThrough(adapter, { onAmbiguous: 'resend' });
    expect(attempts).toMatchObject([{ outcome: 'permanent', reason: 'content_rejected' }]);
    expect(reason).toBe('content_rejected');
    expect(detail).toContain('nothing was sent');
    expect(detail).not.toContain('words of the sender');
  });

  it('before it knows how many posts a message takes makes a dead letter at once', async () => {
    const layout = () => {
      throw new TypeError('words of the sender');
    };
    const { attempts } = await deliverThrough({ layout }, { onAmbiguous: 'resend' });
    expect(attempts).toMatchObject([{ outcome: 'permanent', reason: 'content_rejected' }]);
  });

  it('while it searches has posted nothing, and is tried again', async () => {
    const platform = new Platform([unknown(true)]);
    let searches = 0;
    const adapter = {
      post: () => platform.post(),
      find: () => {
        searches += 1;
        return searches === 1 ? Promise.reject(new TypeError('null')) : platform.find();
      },
    };
    const { attempts } = await deliverThrough(adapter, { onAmbiguous: 'dead_letter' });
    expect(attempts).toMatchObject([
      { outcome: 'ambiguous' },
      { outcome: 'transient' },
      { outcome: 'delivered', lookup: 'found' },
    ]);
  });
});

describe('a search that one attempt does not finish', () => {
  it('is continued by the next one, and by the retry of a dead letter', async () => {
    const platform = new Platform([unknown(true)]);
    const queries: PostQuery[] = [];
    const adapter = {
      post: () => platform.post(),
      find: (query: PostQuery) => {
        queries.push(query);
        if (queries.length === 3) return platform.find();
        const { since } = query;
        const times = { since: since.toISOString(), startedAt: new Date().toISOString() };
        query.savePosition?.({ ...times, cursor: `page ${queries.length + 1}` });
        return Promise.reject(
          new DeliveryError('too slow', { outcome: 'transient', reason: 'timeout' }),
        );
      },
    };
    const parked = await deliverThrough(adapter, { onAmbiguous: 'resend', attempts: 3 });
    expect(parked.reason).toBe('timeout');
    const settings = { onAmbiguous: 'resend' } as const;
    const { attempts } = await deliverThrough(adapter, settings, parked.attempts);
    expect(queries.map(({ continueAt }) => continueAt?.cursor)).toEqual([
      undefined,
      'page 2',
      'page 3',
    ]);
    expect(attempts.at(-1)).toMatchObject({ lookup: 'found' });
    expect(JSON.stringify(attempts)).not.toContain('page');
  });
});

describe('a search that the platform limits', () => {
  it('is tried again, and says nothing about how fast the account may post', async () => {
    const platform = new Platform([unknown(true)]);
    let searches = 0;
    const adapter = {
      post: () => platform.post(),
      find: () => {
        searches += 1;
        if (searches > 1) return platform.find();
        const failure = { outcome: 'transient', reason: 'rate_limited', httpStatus: 429 } as const;
        return Promise.reject(new DeliveryError('slow down', failure));
      },
    };
    const recorded: (string | undefined)[] = [];
    const settings = { onAmbiguous: 'resend' } as const;
    const { attempts } = await deliverThrough(adapter, settings, [], null, (_, __, error) => {
      recorded.push(error?.reason);
      return false;
    });
    expect(attempts).toHaveLength(3);
    expect(recorded).toEqual(['platform_unavailable', undefined]);
  });
});

describe('when an earlier attempt may have posted', () => {
  const attempt = (minutesAgo: number, rest: Partial<Attempt> = {}): Attempt => ({
    number: 1,
    startedAt: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
    outcome: 'ambiguous',
    reason: 'timeout',
    durationMs: 1_000,
    ...rest,
  });
  const refused = (minutesAgo: number, rest: Partial<Attempt> = {}): Attempt =>
    attempt(minutesAgo, {
      ...{ outcome: 'permanent', reason: 'request_rejected', httpStatus: 400 },
      ...rest,
    });
  const unavailable = { outcome: 'transient', reason: 'platform_unavailable' } as const;

  it.each([
    ['up to an hour after it ended', attempt(600), 3_600],
    ['until now, where it ended less than an hour ago', attempt(59), undefined],
    [
      'until now, where nobody knows when it ended',
      attempt(600, { durationMs: undefined }),
      undefined,
    ],
    ['up to a minute after it was refused', refused(600), 60],
    ['up to a minute after it was refused for a while', refused(5, unavailable), 60],
    ['until now, where it was refused less than a minute ago', refused(0.9), undefined],
  ])('the search goes from its start %s', async (_, earlier, seconds) => {
    let asked: PostQuery | undefined;
    const find = (query: PostQuery) => {
      asked = query;
      return Promise.resolve({ messageId: '1' });
    };
    await deliverThrough({ find }, { onAmbiguous: 'resend' }, [earlier]);
    expect(asked?.since.toISOString()).toBe(earlier.startedAt);
    const ended = Date.parse(earlier.startedAt ?? '') + 1_000;
    expect(asked?.until?.getTime()).toBe(seconds && ended + seconds * 1_000);
  });

  it('the search goes as far as for the attempt whose post may come last', async () => {
    let asked: PostQuery | undefined;
    const find = (query: PostQuery) => {
      asked = query;
      return Promise.resolve({ messageId: '1' });
    };
    const first = attempt(600);
    const attempts = [first, refused(590, { number: 2 })];
    await deliverThrough({ find }, { onAmbiguous: 'resend' }, attempts);
    expect(asked?.since.toISOString()).toBe(first.startedAt);
    expect(asked?.until?.getTime()).toBe(Date.parse(first.startedAt ?? '') + 3_601_000);
  });
});

describe('a platform that asks to slow down', () => {
  it('is not searched for each such answer', async () => {
    const platform = new Platform([limited, limited, limited]);
    const { attempts } = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(attempts).toHaveLength(4);
    expect(platform).toMatchObject({ posts: 1, searches: 0 });
  });
});

const anyAnswer = fc.oneof(
  fc
    .record({ posts: fc.boolean(), httpStatus: fc.integer({ min: 500, max: 599 }) })
    .map(({ posts, httpStatus }): Answer => unknown(posts, httpStatus)),
  fc
    .record({ posts: fc.boolean(), httpStatus: fc.integer({ min: 400, max: 499 }) })
    .filter(({ httpStatus }) => httpStatus !== 429)
    .map(({ posts, httpStatus }): Answer => refused(httpStatus, 'request_rejected', posts)),
  fc.constant(limited),
);

describe('a message', () => {
  it('is seen once where the platform can be searched, whatever it answers and however often people retry', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyAnswer, { maxLength: 12 }), async (answers) => {
        const platform = new Platform(answers);
        let log: Attempt[] = [];
        for (;;) {
          const ended = await deliverThrough(platform, { onAmbiguous: 'resend', attempts: 3 }, log);
          log = ended.attempts;
          if (ended.receipt) break;
        }
        expect(platform.posts).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  it('is posted at most once and `resends` times more where nobody can search, for each decision of a person', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.boolean().map((posts) => unknown(posts)),
            fc.constant(limited),
          ),
          {
            minLength: 20,
            maxLength: 20,
          },
        ),
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom('refused', 'impossible'),
        async (answers, resends, how) => {
          const platform = new Platform(answers);
          const adapter = platform.unsearchable(how);
          let log: Attempt[] = [];
          for (let decision = 1; decision <= 2; decision += 1) {
            const settings = { onAmbiguous: 'resend', resends, attempts: 1_000 } as const;
            const { attempts, reason } = await deliverThrough(adapter, settings, log);
            const made = attempts.slice(log.length);
            const sent = made.filter(({ outcome }) => outcome !== 'transient');
            if (reason === undefined) return;
            expect(reason).toBe('outcome_unknown');
            // The last one looked, was refused, and sent nothing.
            expect(sent).toHaveLength(resends + 2);
            expect(platform.posts).toBeLessThanOrEqual(decision * (resends + 1));
            log = attempts;
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a webhook that posts and answers 502', () => {
  const always = Array.from({ length: 20 }, () => unknown(true));

  it('shows a message three times by default, then it is a dead letter that says so', async () => {
    const platform = new Platform(always);
    const { attempts, reason, detail } = await deliverThrough(platform.unsearchable('impossible'), {
      onAmbiguous: 'resend',
    });
    expect(platform.posts).toBe(3);
    expect(reason).toBe('outcome_unknown');
    expect(detail).toMatch(/^Each of 3 attempts since \S+ may have posted it/);
    expect(attempts).toHaveLength(4);
  });

  it.each([
    ['resend', 0, 1],
    ['resend', 1, 2],
    ['resend', 5, 6],
    ['dead_letter', 5, 1],
  ] as const)('shows it with %s and resends %i %i times', async (onAmbiguous, resends, seen) => {
    const platform = new Platform(always);
    const adapter = platform.unsearchable('impossible');
    expect(await deliverThrough(adapter, { onAmbiguous, resends })).toMatchObject({
      reason: 'outcome_unknown',
    });
    expect(platform.posts).toBe(seen);
  });

  it('may be sent to as often again after a person’s retry', async () => {
    const platform = new Platform(always);
    const adapter = platform.unsearchable('impossible');
    const parked = await deliverThrough(adapter, { onAmbiguous: 'resend' });
    await deliverThrough(adapter, { onAmbiguous: 'resend' }, parked.attempts);
    expect(platform.posts).toBe(6);
  });
});

it('a platform that makes one post of all requests is never searched: the request is repeated as often as attempts are left', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(unknown(true), unknown(false), limited), { maxLength: 9 }),
      fc.constantFrom('resend' as const, 'dead_letter' as const),
      async (answers, onAmbiguous) => {
        const platform = new Platform(answers);
        const { attempts, receipt } = await deliverThrough(
          Object.assign(platform, { ownIdempotency: true }),
          { onAmbiguous, resends: 0 },
        );
        expect(receipt).toBeDefined();
        expect(attempts).toHaveLength(answers.length + 1);
        expect(new Set(attempts.map(({ lookup }) => lookup ?? 'repeated'))).toEqual(
          new Set(['repeated']),
        );
        expect(platform.searches).toBe(0);
      },
    ),
  );
});

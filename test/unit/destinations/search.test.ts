import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliveryError, type Receipt, type SearchPosition } from '../../../src/domain/delivery.js';
import { searchPages, type SearchedPage } from '../../../src/destinations/search.js';
import { permanent, transient } from '../../../src/http/failure.js';
import { rejection } from './contract.js';

const PAGE_SIZE = 5;
const PAGE_MS = 1_000;
const START = Date.parse('2026-11-25T12:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const TARGET = 'target';
type Disturbance = 'none' | 'fails' | 'cursor expires' | 'refused';

/** A channel that is read newest first, in pages; reading one takes a second. */
class Channel {
  reads = 0;
  readonly #posts: { id: string; at: number }[] = [];
  #next: Disturbance[] = [];

  /** @param ids oldest first, one a millisecond, the last of them now */
  constructor(ids: readonly string[]) {
    ids.forEach((id, index) => this.#posts.unshift({ id, at: START - ids.length + index }));
  }

  post(id: string): void {
    this.#posts.unshift({ id, at: Date.now() });
  }

  disturb(...next: Disturbance[]): void {
    this.#next = next;
  }

  read = ({
    since,
    cursor,
  }: {
    since: Date;
    cursor: string | undefined;
  }): Promise<SearchedPage> => {
    this.reads += 1;
    vi.setSystemTime(Date.now() + PAGE_MS);
    const disturbance = this.#next.shift() ?? 'none';
    if (disturbance === 'fails') return Promise.reject(failure(transient('rate_limited')));
    if (disturbance === 'refused') return Promise.reject(failure(permanent('not_authorised')));
    if (disturbance === 'cursor expires' && cursor !== undefined) {
      return Promise.reject(failure(permanent('request_rejected')));
    }
    const start = cursor === undefined ? 0 : this.#posts.findIndex(({ id }) => id === cursor);
    const page = this.#posts.slice(start, start + PAGE_SIZE);
    const found = page.some(({ id }) => id === TARGET) ? { messageId: TARGET } : undefined;
    const next = this.#posts[start + PAGE_SIZE];
    const isLast = !next || next.at < since.getTime();
    return Promise.resolve({ found, cursor: isLast ? undefined : next.id });
  };
}

const failure = (kind: ReturnType<typeof transient>) => new DeliveryError('what happened', kind);

/** Searches over several attempts, as the attempt log carries the position from one to the next. */
class Search {
  position: SearchPosition | undefined;
  readonly #channel: Channel;
  readonly #pages: number;
  readonly #until: Date | undefined;

  constructor(channel: Channel, pagesInTime: number, until?: Date) {
    this.#channel = channel;
    this.#pages = pagesInTime;
    this.#until = until;
  }

  attempt(): Promise<Receipt | undefined> {
    // Through JSON, as in a heartbeat.
    const kept = this.position && (JSON.parse(JSON.stringify(this.position)) as SearchPosition);
    const query = {
      path: 'C1',
      deliveryId: TARGET,
      since: new Date(START - 86_400_000),
      until: this.#until,
      continueAt: kept,
      savePosition: (position: SearchPosition) => (this.position = position),
    };
    return searchPages(query, (this.#pages - 0.5) * PAGE_MS, this.#channel.read);
  }

  async untilDone(): Promise<{ receipt: Receipt | undefined; attempts: number }> {
    for (let attempts = 1; attempts < 500; attempts += 1) {
      try {
        return { receipt: await this.attempt(), attempts };
      } catch (error) {
        if (!(error instanceof DeliveryError) || error.outcome !== 'transient') throw error;
      }
    }
    throw new Error('The search never ends.');
  }
}

const chatter = (count: number, name = 'chat'): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

describe('a search that does not end within one attempt', () => {
  it('is continued where it stopped, and not begun again', async () => {
    const channel = new Channel([TARGET, ...chatter(199)]);
    const { receipt, attempts } = await new Search(channel, 4).untilDone();
    expect(receipt).toEqual({ messageId: TARGET });
    expect(channel.reads).toBe(40);
    expect(attempts).toBe(10);
  });

  it('ends with the posts that were made meanwhile, before it says that the post is absent', async () => {
    const channel = new Channel(chatter(200));
    const { receipt } = await new Search(channel, 4).untilDone();
    expect(receipt).toBeUndefined();
    expect(channel.reads).toBe(41);
  });

  it('finds the post that became visible after the search had begun', async () => {
    const channel = new Channel(chatter(50));
    const search = new Search(channel, 4);
    expect(await rejection(search.attempt())).toMatchObject({ reason: 'timeout' });
    channel.post(TARGET);
    for (const id of chatter(30, 'later')) channel.post(id);
    expect((await search.untilDone()).receipt).toEqual({ messageId: TARGET });
  });

  it('does not read what was posted long after the attempt', async () => {
    const channel = new Channel(chatter(50));
    const search = new Search(channel, 4, new Date(START - 1));
    await rejection(search.attempt());
    for (const id of chatter(300, 'later')) channel.post(id);
    expect((await search.untilDone()).receipt).toBeUndefined();
    expect(channel.reads).toBe(10);
  });

  it('continues after a failure in the middle', async () => {
    const channel = new Channel([TARGET, ...chatter(49)]);
    const search = new Search(channel, 100);
    channel.disturb('none', 'none', 'none', 'fails');
    expect(await rejection(search.attempt())).toMatchObject({ reason: 'rate_limited' });
    expect(await search.attempt()).toEqual({ messageId: TARGET });
    expect(channel.reads).toBe(11);
  });

  it('begins again when its cursor has expired', async () => {
    const channel = new Channel([TARGET, ...chatter(49)]);
    const search = new Search(channel, 100);
    channel.disturb('none', 'none', 'fails');
    await rejection(search.attempt());
    channel.disturb('cursor expires');
    expect(await search.attempt()).toEqual({ messageId: TARGET });
  });

  it('is refused where the newest page is refused too', async () => {
    const channel = new Channel(chatter(50));
    const search = new Search(channel, 100);
    channel.disturb('none', 'fails');
    await rejection(search.attempt());
    channel.disturb('refused', 'refused');
    expect(await rejection(search.attempt())).toMatchObject({ outcome: 'permanent' });
  });

  it('is not refused by cursors that never work: nobody may post before it has ended', async () => {
    const channel = new Channel(chatter(50));
    channel.disturb('none', 'cursor expires', 'none', 'cursor expires');
    expect(await rejection(new Search(channel, 100).attempt())).toMatchObject({
      outcome: 'transient',
    });
  });

  it('keeps no cursor that is too long for the attempt log', async () => {
    const search = new Search(new Channel([]), 4);
    const long = 'x'.repeat(5_000);
    const endless = () => {
      vi.setSystemTime(Date.now() + PAGE_MS);
      return Promise.resolve({ cursor: long });
    };
    const query = { path: 'C1', deliveryId: TARGET, since: new Date(START) };
    const savePosition = (position: SearchPosition) => (search.position = position);
    await rejection(searchPages({ ...query, savePosition }, PAGE_MS, endless));
    expect(search.position).toBeUndefined();
  });

  it('finds the post exactly where it is there, whatever disturbs it and whoever posts meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 60 }),
        fc.option(fc.nat({ max: 60 })),
        fc.array(
          fc.record({
            disturbances: fc.array(
              fc.constantFrom<Disturbance>('none', 'none', 'fails', 'cursor expires'),
              { maxLength: 6 },
            ),
            newPosts: fc.nat({ max: 12 }),
          }),
          { maxLength: 10 },
        ),
        fc.integer({ min: 1, max: 5 }),
        async (count, target, attempts, pagesInTime) => {
          vi.setSystemTime(START);
          const ids = chatter(count);
          if (target !== null) ids.splice(Math.min(target, count), 0, TARGET);
          const channel = new Channel(ids);
          const search = new Search(channel, pagesInTime);
          const expected = target === null ? undefined : { messageId: TARGET };
          for (const [index, { disturbances, newPosts }] of attempts.entries()) {
            channel.disturb(...disturbances);
            const result = await search.attempt().catch((error: unknown) => error);
            if (!(result instanceof DeliveryError)) {
              expect(result).toEqual(expected);
              return;
            }
            expect(result.outcome).toBe('transient');
            for (const id of chatter(newPosts, `new-${index}`)) channel.post(id);
          }
          channel.disturb();
          expect((await search.untilDone()).receipt).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DeliveryError,
  type DeliveryErrorOutcome,
  type Receipt,
} from '../../src/domain/delivery.js';
import type { DestinationAdapter, Post, PostQuery } from '../../src/destinations/destination.js';
import { deliverThrough } from './delivering.js';

/** What happens to one posting request. */
type Fate =
  'posted' | 'limited' | 'lost' | 'posted, then lost' | 'refused' | 'posted, then refused';

const OUTCOMES: Record<Exclude<Fate, 'posted'>, [DeliveryErrorOutcome, number?]> = {
  limited: ['transient', 429],
  lost: ['ambiguous'],
  'posted, then lost': ['ambiguous'],
  refused: ['permanent', 403],
  'posted, then refused': ['permanent', 403],
};

/** A platform that shows every message in so many parts, and can be searched. */
class Platform implements DestinationAdapter {
  /** As people see them: `1/3`, or `1/3 in 1` for a reply to the post 1. */
  readonly posts: string[] = [];
  searches = 0;
  readonly #parts: number;
  readonly #fates: Fate[];

  constructor(parts: number, fates: readonly Fate[]) {
    this.#parts = parts;
    this.#fates = [...fates];
  }

  layout() {
    return { parts: this.#parts, shortened: { shown: 10, of: 20 } };
  }

  post({ part }: Post): Promise<Receipt> {
    const fate = this.#fates.shift() ?? 'posted';
    if (fate.startsWith('posted')) this.posts.push(shownAs(part));
    if (fate === 'posted') return Promise.resolve({ messageId: String(part?.number ?? 1) });
    const [outcome, httpStatus] = OUTCOMES[fate];
    const reason = fate === 'limited' ? 'rate_limited' : 'not_authorised';
    return Promise.reject(new DeliveryError(fate, { outcome, reason, httpStatus }));
  }

  find({ part }: PostQuery): Promise<Receipt | undefined> {
    this.searches += 1;
    const found = this.posts.includes(shownAs(part));
    return Promise.resolve(found ? { messageId: String(part?.number ?? 1) } : undefined);
  }

  check() {
    return Promise.resolve({ identity: 'app' });
  }
}

function shownAs(part: Post['part']): string {
  if (!part) return 'whole';
  const thread = part.first ? ` in ${part.first.messageId ?? ''}` : '';
  return `${part.number}/${part.of}${thread}`;
}

const THREE = ['1/3', '2/3 in 1', '3/3 in 1'];

describe('a message in several parts', () => {
  it('is confirmed by its last part, with the receipt of the first', async () => {
    const platform = new Platform(3, []);
    const { attempts, receipt } = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(platform.posts).toEqual(THREE);
    expect(receipt).toEqual({ messageId: '1', parts: 3, shortened: { shown: 10, of: 20 } });
    expect(attempts.map(({ part, outcome }) => `${part?.number} ${outcome}`)).toEqual([
      '1 delivered',
      '2 delivered',
      '3 delivered',
    ]);
    expect(platform.searches).toBe(0);
  });

  it('has no parts where one post shows it', async () => {
    const platform = new Platform(1, []);
    const { attempts, receipt } = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(platform.posts).toEqual(['whole']);
    expect(receipt).toEqual({ messageId: '1', shortened: { shown: 10, of: 20 } });
    expect(attempts[0]).not.toHaveProperty('part', expect.anything());
  });

  it('goes on with the part that was limited, and posts none again', async () => {
    const platform = new Platform(3, ['posted', 'limited', 'limited']);
    const { attempts } = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(platform.posts).toEqual(THREE);
    expect(attempts.map(({ part }) => part?.number)).toEqual([1, 2, 2, 2, 3]);
    expect(platform.searches).toBe(0);
  });

  it('searches for the part whose answer was lost, and for no other', async () => {
    const platform = new Platform(3, ['posted', 'posted, then lost', 'lost']);
    const { attempts } = await deliverThrough(platform, { onAmbiguous: 'dead_letter' });
    expect(platform.posts).toEqual(THREE);
    expect(attempts.map(({ part, lookup }) => [part?.number, lookup])).toEqual([
      [1, undefined],
      [2, undefined],
      [2, 'found'],
      // A found post may come from a run before, which may have posted the next part too.
      [3, 'absent'],
      [3, 'absent'],
    ]);
  });

  it('says which parts are posted when it is a dead letter, and a retry continues', async () => {
    const platform = new Platform(3, ['posted', 'refused']);
    const parked = await deliverThrough(platform, { onAmbiguous: 'resend' });
    expect(parked).toMatchObject({ reason: 'not_authorised', posted: { count: 1, of: 3 } });
    const retried = await deliverThrough(
      platform,
      { onAmbiguous: 'resend' },
      parked.attempts,
      parked.posted,
    );
    expect(retried.receipt).toMatchObject({ messageId: '1', parts: 3 });
    expect(platform.posts).toEqual(THREE);
  });

  it('finds every part again after a reset, which forgets all of them', async () => {
    const platform = new Platform(3, []);
    await deliverThrough(platform, { onAmbiguous: 'resend' });
    await deliverThrough(platform, { onAmbiguous: 'resend' }, [
      {
        number: 1,
        startedAt: new Date(0).toISOString(),
        outcome: 'ambiguous',
        reason: 'worker_lost',
      },
    ]);
    expect(platform.posts).toEqual(THREE);
  });

  it('shows every part once and in order, whatever goes wrong', async () => {
    const fate = fc.constantFrom<Fate>(
      'posted',
      'limited',
      'lost',
      'posted, then lost',
      'refused',
      'posted, then refused',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fate, { maxLength: 12 }),
        async (parts, fates) => {
          const platform = new Platform(parts, fates);
          const settings = { onAmbiguous: 'dead_letter', attempts: 30 } as const;
          let ended = await deliverThrough(platform, settings);
          // People retry what is refused.
          while (!ended.receipt) {
            ended = await deliverThrough(platform, settings, ended.attempts, ended.posted);
          }
          const thread = (number: number): string => (number === 1 ? '' : ' in 1');
          const whole = Array.from({ length: parts }, (_, index) => index + 1).map(
            (number) => `${number}/${parts}${thread(number)}`,
          );
          expect(platform.posts).toEqual(parts === 1 ? ['whole'] : whole);
        },
      ),
    );
  });
});

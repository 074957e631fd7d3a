import { describe, expect, it } from 'vitest';
import type { Contestant, Sending } from '../../bench/contestants.js';
import { alternate, runRound } from '../../bench/turns.js';

function sending(key: string): Sending {
  return { key, sentAt: 0, acceptedMs: 1, completedMs: 2 };
}

describe('taking turns', () => {
  function recorded<Name extends string>(...names: Name[]) {
    const order: string[] = [];
    const send = (name: Name) => () => {
      order.push(name);
      return Promise.resolve(sending(name));
    };
    const contestants = Object.fromEntries(names.map((name) => [name, { send: send(name) }]));
    return { order, contestants: contestants as unknown as Record<Name, Contestant> };
  }

  it('lets each of two go first as often as the other', async () => {
    const { order, contestants } = recorded('sendproof', 'bare');
    const turns = await alternate(contestants, 4, (each) => each.send());
    expect(order.join(' ')).toBe('sendproof bare bare sendproof sendproof bare bare sendproof');
    expect(turns.map(({ sendproof, bare }) => [sendproof.key, bare.key])).toEqual(
      Array.from({ length: 4 }, () => ['sendproof', 'bare']),
    );
  });

  it('lets each of three go first as often, and says whose turn it is', async () => {
    const { order, contestants } = recorded('a', 'b', 'c');
    const turns = await alternate(contestants, 3, async (each, name) => {
      const { key } = await each.send();
      return `${name} ${key}`;
    });
    expect(order.join('')).toBe('abcbcacab');
    expect(turns).toEqual(Array.from({ length: 3 }, () => ({ a: 'a a', b: 'b b', c: 'c c' })));
  });
});

describe('a round', () => {
  it('sends every message once and keeps the given number under way', async () => {
    let underWay = 0;
    let most = 0;
    let sent = 0;
    const contestant: Contestant = {
      async send() {
        sent += 1;
        const key = String(sent);
        underWay += 1;
        most = Math.max(most, underWay);
        await Promise.resolve();
        underWay -= 1;
        return sending(key);
      },
    };
    const round = await runRound(contestant, 25, 10);
    expect(most).toBe(10);
    expect(sent).toBe(25);
    expect(new Set(round.sendings.map(({ key }) => key)).size).toBe(25);
    expect(round.messagesPerSecond).toBeGreaterThan(0);
  });

  it('fails where a message fails: a figure without it would be a lie', async () => {
    const contestant: Contestant = { send: () => Promise.reject(new Error('refused')) };
    await expect(runRound(contestant, 5, 2)).rejects.toThrow('refused');
  });
});

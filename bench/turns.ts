/** Taking turns: the machine's moods, and whatever else runs on it, strike both contestants alike. */
import type { Both, Contestant, Sending } from './contestants.js';

/** Lets both play this many times, one after the other; who goes first alternates. */
export async function inTurns<Result>(
  contestants: Both<Contestant>,
  times: number,
  play: (contestant: Contestant) => Promise<Result>,
): Promise<Both<Result>[]> {
  const turns: Both<Result>[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    if (turn % 2 === 0) {
      const sendproof = await play(contestants.sendproof);
      turns.push({ sendproof, bare: await play(contestants.bare) });
    } else {
      const bare = await play(contestants.bare);
      turns.push({ sendproof: await play(contestants.sendproof), bare });
    }
  }
  return turns;
}

export interface Round {
  messagesPerSecond: number;
  sendings: Sending[];
}

/** Sends `messages`, always `concurrency` of them under way until there are no more, and waits for all to complete. */
export async function playRound(
  contestant: Contestant,
  messages: number,
  concurrency: number,
): Promise<Round> {
  const sendings: Sending[] = [];
  let left = messages;
  const sendOneByOne = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sendings.push(await contestant.send());
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: concurrency }, sendOneByOne));
  const seconds = (performance.now() - from) / 1_000;
  return { messagesPerSecond: messages / seconds, sendings };
}

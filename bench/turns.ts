/** Alternates between the contestants, so that changes in the machine's load affect both alike. */
import type { Both, Contestant, Sending } from './contestants.js';

/** Runs both contestants this many times. The one that goes first alternates. */
export async function alternate<Result>(
  contestants: Both<Contestant>,
  times: number,
  run: (contestant: Contestant) => Promise<Result>,
): Promise<Both<Result>[]> {
  const turns: Both<Result>[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    if (turn % 2 === 0) {
      const sendproof = await run(contestants.sendproof);
      turns.push({ sendproof, bare: await run(contestants.bare) });
    } else {
      const bare = await run(contestants.bare);
      turns.push({ sendproof: await run(contestants.sendproof), bare });
    }
  }
  return turns;
}

export interface Round {
  messagesPerSecond: number;
  sendings: Sending[];
}

/** Sends `messages` messages, `concurrency` of them at a time, and waits for all to complete. */
export async function runRound(
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

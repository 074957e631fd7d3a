/** Alternates between the contestants, so that changes in the machine's load affect both alike. */
import type { Contestant, Sending } from './contestants.js';

/** Messages under way at a time: as many as the API calls Temporal for at once. */
export const CONCURRENCY = 100;

/** Runs each contestant this many times, in turns. Each turn begins with the one after that which began the turn before. */
export async function alternate<Name extends string, Result>(
  contestants: Record<Name, Contestant>,
  times: number,
  run: (contestant: Contestant, name: Name) => Promise<Result>,
): Promise<Record<Name, Result>[]> {
  const names = Object.keys(contestants) as Name[];
  const turns: Record<Name, Result>[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const first = turn % names.length;
    const results = new Map<Name, Result>();
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      results.set(name, await run(contestants[name], name));
    }
    turns.push(Object.fromEntries(results) as Record<Name, Result>);
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

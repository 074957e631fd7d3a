/** The count: is each message shown once, on the page that people see? */

/** One message of the proof, as the page and the API show it in the end. */
export interface ProvedMessage {
  deduplicationKey: string;
  destination: string;
  /** How often a reader sees it. */
  posts: number;
  /** By the API. */
  status: string;
  /** How many of its attempts ended with their worker. */
  lostAttempts: number;
  /** Whether a later attempt found the post instead of posting again. */
  found: boolean;
}

export interface Verdict {
  /** Each message is shown once and confirmed, and each kill came after the post and before its confirmation. */
  proven: boolean;
  kills: number;
  shownOnce: number;
  shownAgain: number;
  missing: number;
  /** Messages whose post was found by a later worker. */
  found: number;
  messages: ProvedMessage[];
}

/** @param kills how many workers were killed */
export function verdictOf(messages: ProvedMessage[], kills: number): Verdict {
  const count = (fits: (message: ProvedMessage) => boolean): number => messages.filter(fits).length;
  return {
    proven:
      messages.length > 0 &&
      kills >= messages.length &&
      messages.every((message) => faultsOf(message).length === 0),
    kills,
    shownOnce: count(({ posts }) => posts === 1),
    shownAgain: count(({ posts }) => posts > 1),
    missing: count(({ posts }) => posts === 0),
    found: count(({ found }) => found),
    messages,
  };
}

/** In plain words: the count, and what is wrong with each message that isn't as it should be. */
export function renderVerdict({
  found,
  kills,
  messages,
  missing,
  proven,
  shownAgain,
  shownOnce,
}: Verdict): string {
  const faults = messages.flatMap((message) =>
    faultsOf(message).map((fault) => `  ${message.deduplicationKey}: ${fault}`),
  );
  return [
    `${counted(kills, 'worker was', 'workers were')} killed after the platform had the post and before sendproof knew it.`,
    `${counted(messages.length, 'message', 'messages')}: ${shownOnce} shown exactly once, ${shownAgain} shown more than once, ${missing} missing.`,
    `${found} of the posts were found by the next worker, which looked first and did not post again.`,
    ...(proven
      ? ['Proven: every message is shown once.']
      : ['NOT proven:', ...(faults.length > 0 ? faults : ['  Not every message had its kill.'])]),
  ].join('\n');
}

function faultsOf({ found, lostAttempts, posts, status }: ProvedMessage): string[] {
  return [
    ...(posts === 0 ? ['it is not shown'] : []),
    ...(posts > 1 ? [`it is shown ${posts} times`] : []),
    ...(status === 'confirmed' ? [] : [`its status is ${status}, not confirmed`]),
    ...(lostAttempts === 0 ? ['no attempt was lost: the kill came too late'] : []),
    ...(found ? [] : ['no later attempt found its post']),
  ];
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * The proof of the product's promise on the machine of whoever doubts it. Again and again a worker is killed at the worst moment, after
 * the platform has taken a post and before the worker knows it, while every post is shown on the sandbox's page.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { messageStateSchema } from '../api/schema/messageRepresentation.js';
import type { Parts } from '../lib/parts.js';
import type { SandboxPost } from '../sandbox/posts.js';
import { SEEDED_TEAM } from '../sandbox/graph/places.js';
import { startInstallation, type Installation } from './installation.js';
import { verdictOf, type ProvedMessage, type Verdict } from './verdict.js';

type MessageState = z.infer<typeof messageStateSchema>;

/** One after the other, so that no place's pace holds the proof up. */
const PLACES = [
  { platform: 'slack', path: 'C0123ABC' },
  { platform: 'teams', path: `${SEEDED_TEAM}/19:incidents@thread.tacv2` },
  { platform: 'slack', path: 'C0DEV0001' },
  { platform: 'teams', path: 'chats/19:oncall@thread.v2' },
] as const;

/** Far longer than a post takes, on a machine that does other things too. */
const POST_TIMEOUT_MS = 60_000;
/** Temporal knows after 8 s that an attempt's worker is gone, and after 10 s more where a workflow's was, too. */
const CONFIRMED_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 20;

export interface Proof {
  kills: number;
  environment: NodeJS.ProcessEnv;
  log: Logger;
  parts: Parts;
  /** Stops the proof: it then rejects with the signal's reason. */
  signal: AbortSignal;
  /** Called once everything runs, with the address of the page that shows the posts and of the API's own pages. */
  onStart: (addresses: { page: string; messages: string }) => void;
  /** Called after each kill, with how many there were. */
  onKill: (kills: number) => void;
}

/** Resolves with the count once every message is confirmed, or its time is over. */
export async function prove(proof: Proof): Promise<Verdict> {
  const { kills, onKill, onStart, parts, signal } = proof;
  const installation = await startInstallation(proof);
  const { apiUrl, sandbox } = installation;
  onStart({ page: `${sandbox.url}/`, messages: `${apiUrl}/messages` });
  let worker = await installation.startWorker();
  parts.add('worker', () => worker.kill());

  const sent: Sent[] = [];
  for (let number = 1; number <= kills; number += 1) {
    signal.throwIfAborted();
    const message = sentAs(number, kills);
    // The platform shows the post at once, and its answer never comes.
    const held = sandbox.addFault({ kind: 'hold', ...message.place, times: 1 });
    await send(apiUrl, message);
    sent.push(message);
    await until(() => shownOf(message, sandbox.posts()).length > 0, signal, {
      late: `The post of ${message.deduplicationKey} did not appear`,
    });
    await worker.kill();
    sandbox.removeFault(held);
    onKill(number);
    signal.throwIfAborted();
    worker = await installation.startWorker();
  }
  const states = await endOf(sent, installation, signal);
  const posts = sandbox.posts();
  return verdictOf(
    sent.map((message, index) => proved(message, states[index], shownOf(message, posts).length)),
    kills,
  );
}

interface Sent {
  deduplicationKey: string;
  place: (typeof PLACES)[number];
  text: string;
}

function sentAs(number: number, of: number): Sent {
  const [first] = PLACES;
  return {
    deduplicationKey: `proof-${number}`,
    place: PLACES[(number - 1) % PLACES.length] ?? first,
    text: `Message ${number} of ${of}`,
  };
}

function destinationOf({ place }: Sent): string {
  return `${place.platform}:default/${place.path}`;
}

/** Its posts, wherever they are. */
function shownOf({ text }: Sent, posts: readonly SandboxPost[]): SandboxPost[] {
  return posts.filter((post) => post.deletedAt === undefined && post.text.includes(text));
}

async function send(apiUrl: string, message: Sent): Promise<void> {
  const { deduplicationKey, text } = message;
  const answer = await fetch(`${apiUrl}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      deduplicationKey,
      destinations: [destinationOf(message)],
      content: { text },
      correlation: { source: 'proof' },
    }),
  });
  if (answer.status !== 202) {
    throw new Error(
      `The API answered ${answer.status} to ${deduplicationKey}: ${await answer.text()}`,
    );
  }
  await answer.body?.cancel();
}

async function until(
  holds: () => boolean,
  signal: AbortSignal,
  { late }: { late: string },
): Promise<void> {
  const deadline = performance.now() + POST_TIMEOUT_MS;
  while (!holds()) {
    if (performance.now() > deadline)
      throw new Error(`${late} within ${POST_TIMEOUT_MS / 1_000} s.`);
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** The states once all are confirmed; those that the messages have when the time is over. */
async function endOf(
  sent: readonly Sent[],
  { apiUrl }: Installation,
  signal: AbortSignal,
): Promise<MessageState[]> {
  const deadline = performance.now() + CONFIRMED_WITHIN_MS;
  const states: MessageState[] = [];
  for (const { deduplicationKey } of sent) {
    for (;;) {
      const answer = await fetch(`${apiUrl}/v1/messages/${deduplicationKey}`, { signal });
      if (!answer.ok) throw new Error(`The API answered ${answer.status} for ${deduplicationKey}.`);
      const state = (await answer.json()) as MessageState;
      if (state.status === 'confirmed' || performance.now() > deadline) {
        states.push(state);
        break;
      }
      await pause(10 * LOOK_EVERY_MS, undefined, { signal });
    }
  }
  return states;
}

function proved(message: Sent, state: MessageState | undefined, posts: number): ProvedMessage {
  const attempts = state?.deliveries.flatMap((delivery) => delivery.attempts) ?? [];
  return {
    deduplicationKey: message.deduplicationKey,
    destination: destinationOf(message),
    posts,
    status: state?.status ?? 'unknown',
    lostAttempts: attempts.filter(({ reason }) => reason === 'worker_lost').length,
    found: attempts.some(({ lookup }) => lookup === 'found'),
  };
}

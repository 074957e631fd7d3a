#!/usr/bin/env node
/**
 * Sends one message through sendproof and waits for its result. Needs Node.js 20 or newer and no package.
 *
 *     node send.mjs <key> <destination> <text>
 *
 * Safe to run again: the key is the message's deduplication key, so the message is posted once however often it is sent.
 * The exit code is 0 when the message is confirmed, otherwise 1.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { URL } from 'node:url';

const server = (process.env.SENDPROOF_URL ?? 'http://127.0.0.1:3000').replace(/\/$/, '');
const apiKey = process.env.SENDPROOF_API_KEY;
const tries = Number(process.env.SENDPROOF_TRIES ?? 6);

try {
  const [key, destination, text] = process.argv.slice(2);
  if (text === undefined) throw new Error('Usage: node send.mjs <key> <destination> <text>');
  const message = await send(key, destination, text);
  console.log(`${message.status}: ${message.explanation}`);
  process.exitCode = message.status === 'confirmed' ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** Resolves with the message once its result is final, or after a minute as it is then. */
async function send(key, destination, text) {
  const { links } = await request('POST', 'v1/messages', {
    deduplicationKey: key,
    destinations: [destination],
    content: { text },
  });
  let message;
  for (let count = 0; count < 3; count += 1) {
    // The answer is held back until the result is final, for at most 20 s.
    message = await request('GET', `${links.self}?wait=20s`);
    if (!['accepted', 'delivering'].includes(message.status)) break;
  }
  return message;
}

/** Makes one request, and repeats it after a network error, 429 or 5xx. Resolves with the body of a 2xx answer. */
async function request(method, path, body) {
  for (let count = 1; ; count += 1) {
    const { answer, failure, retryable, retryAfterSeconds } = await attempt(method, path, body);
    if (answer) return answer;
    if (!retryable || count >= tries) throw new Error(failure);
    await sleep(1_000 * (retryAfterSeconds ?? 2 ** (count - 1)));
  }
}

async function attempt(method, path, body) {
  try {
    const response = await fetch(new URL(path, `${server}/`), {
      method,
      headers: {
        'content-type': 'application/json',
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    if (response.ok) return { answer: await response.json() };
    const { detail = 'no reason given' } = await response.json().catch(() => ({}));
    return {
      failure: `sendproof answered ${response.status}: ${detail}`,
      retryable: response.status === 429 || response.status >= 500,
      retryAfterSeconds: Number(response.headers.get('retry-after')) || undefined,
    };
  } catch (error) {
    const cause = error.cause?.message ?? error.message;
    return {
      failure: `sendproof at ${server} can't be reached: ${cause}. Nothing is lost: send the message again with the same key.`,
      retryable: true,
    };
  }
}

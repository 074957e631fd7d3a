/** The ways of making a send durable that are measured side by side, behind one interface. */
import type { Client } from '@temporalio/client';
import { Agent, request } from 'undici';
import type { z } from 'zod';
import type { acceptanceSchema } from '../src/api/schema/acceptanceRepresentation.js';
import type { bareWorkflow } from './bareWorkflow.js';
import type { Testbed } from './testbed.js';

/** One message that has been sent. Durations are in milliseconds from the moment of sending. */
export interface Sending {
  /** The id of its workflow. */
  key: string;
  /** Milliseconds since the epoch. */
  sentAt: number;
  /** Until the sender had the confirmation that Temporal has stored it. */
  acceptedMs: number;
  /** Until the sender knew that the workflow had completed. */
  completedMs: number;
  /** sendproof's only: also part of the post's metadata in the sandbox. */
  traceId?: string | undefined;
}

export interface Contestant {
  /** Sends one message under a key of its own, and resolves when its workflow has completed. */
  send(): Promise<Sending>;
}

/** A value for each contestant. */
export interface Both<T> {
  sendproof: T;
  bare: T;
}

export function forBoth<T>(make: (name: keyof Both<T>) => T): Both<T> {
  return { sendproof: make('sendproof'), bare: make('bare') };
}

/** Sends an ordinary message by HTTP. */
export function sendproof(testbed: Testbed): Contestant {
  return byHttp('sendproof', testbed.apiUrl, testbed);
}

/** Sends the same to the least hop that there can be (`leastHop.ts`). */
export function leastHop(testbed: Testbed, url: string): Contestant {
  return byHttp('least', url, testbed);
}

function byHttp(name: string, url: string, { client, closeWith }: Testbed): Contestant {
  const connections = new Agent();
  closeWith(() => connections.close());
  const post = async (key: string): Promise<string | undefined> => {
    const { statusCode, body } = await request(`${url}/v1/messages`, {
      dispatcher: connections,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alert(key)),
    });
    if (statusCode !== 202) {
      throw new Error(`${name} answered ${statusCode} to ${key}: ${await body.text()}`);
    }
    const { traceId } = (await body.json()) as Partial<z.infer<typeof acceptanceSchema>>;
    return traceId;
  };
  return contestant(name, client, post);
}

/** Starts a workflow in the simplest way that Temporal's client has. */
export function bareTemporal({ client }: Testbed, taskQueue: string): Contestant {
  return contestant('bare', client, async (workflowId) => {
    await client.workflow.start<typeof bareWorkflow>('bareWorkflow', { workflowId, taskQueue });
    return undefined;
  });
}

/**
 * Both contestants' workflows are awaited in the same way: by the long poll of `handle.result()`, on the same connection.
 */
function contestant(
  name: string,
  client: Client,
  start: (key: string) => Promise<string | undefined>,
): Contestant {
  let sent = 0;
  return {
    async send() {
      sent += 1;
      const key = `${name}-${sent}`;
      const sentAt = Date.now();
      const from = performance.now();
      const traceId = await start(key);
      const acceptedMs = performance.now() - from;
      await client.workflow.getHandle(key).result();
      return { key, sentAt, acceptedMs, completedMs: performance.now() - from, traceId };
    },
  };
}

/** Enough that no channel is busy. */
const CHANNELS = 100;

/** A message, as it is sent. */
export interface Alert {
  deduplicationKey: string;
  destinations: string[];
  content: { title: string; text: string; severity: string };
  correlation: { source: string; reference: string };
}

/** A typical message of a monitoring system. */
function alert(key: string): Alert {
  const channel = Number(/\d+$/.exec(key)?.[0]) % CHANNELS;
  return {
    deduplicationKey: key,
    destinations: [`slack:default/C0BENCH${String(channel).padStart(2, '0')}`],
    content: {
      title: 'Disk full',
      text: '**db-1**: 97 % of `/var` is in use. See the [runbook](https://example.com/runbook).',
      severity: 'critical',
    },
    correlation: { source: 'bench', reference: key },
  };
}

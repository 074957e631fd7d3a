import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { timelineSchema } from '../../src/api/schema/timelineRepresentation.js';
import type { FaultInput } from '../../src/sandbox/faults.js';
import { INCIDENTS, startHarness, WEBHOOK, type Harness } from '../harness.js';
import { eventually } from '../eventually.js';

type Timeline = z.infer<typeof timelineSchema>;

/** A channel of its own for each message, so that all their fates can take their course side by side. */
const channel = (name: string) => `slack:default/C${name.toUpperCase()}`;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    settings: {
      retry: {
        default: { initialDelay: '100ms', maximumDelay: '200ms', attempts: 3 },
        stubborn: { initialDelay: '100ms', maximumDelay: '200ms', attempts: 1_000 },
      },
    },
  });
});
afterAll(() => harness.close());

const inFuture = (ms: number) => new Date(Date.now() + ms).toISOString();

function refuse(destination: string, fault: Omit<FaultInput, 'platform' | 'path'>): void {
  const [, platform, path] = /^([^:]+):default\/(.+)$/.exec(destination) ?? [];
  harness.sandbox.addFault({
    operation: platform === 'slack' ? 'chat.postMessage' : undefined,
    ...fault,
    platform,
    path,
  } as FaultInput);
}

async function send(key: string, destination: string, more: object = {}): Promise<string> {
  const answer = await harness.send({
    deduplicationKey: key,
    destinations: [destination],
    content: { text: key },
    ...more,
  });
  expect(answer.status).toBe(202);
  return key;
}

async function timeline(key: string): Promise<Timeline> {
  return (await harness.request<Timeline>('GET', `/v1/messages/${key}/timeline`)).body;
}

/** What anybody would read, with the times of the day left out. */
function timeless(text: string | undefined): string {
  return (text ?? '').replace(/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC/g, '<time>');
}

interface Fate {
  /** Brings a message to its fate, and resolves with its key. */
  bring: () => Promise<string>;
  explanation: string;
}

const FATES: Record<string, Fate> = {
  confirmed: {
    bring: async () => {
      await send('confirmed', channel('confirmed'));
      await harness.waitForStatus('confirmed', 'confirmed');
      return 'confirmed';
    },
    explanation: 'Confirmed: posted to slack:default/CCONFIRMED at <time>. Nothing is left to do.',
  },
  'retried then confirmed': {
    bring: async () => {
      refuse(channel('retried'), { kind: 'http_error', status: 503, times: 2 } as FaultInput);
      await send('retried', channel('retried'));
      await harness.waitForStatus('retried', 'confirmed');
      return 'retried';
    },
    explanation:
      'Confirmed: posted to slack:default/CRETRIED at <time> by attempt 3, after 2 attempts failed, the last because Slack was not available (503). Nothing is left to do.',
  },
  'rate-limited and waiting': {
    bring: async () => {
      refuse(channel('limited'), { kind: 'rate_limited', retryAfter: '600' } as FaultInput);
      await send('limited', channel('limited'));
      await harness.waitForNextAttempt('limited');
      return 'limited';
    },
    explanation: 'Waiting: Slack asked to slow down (429 ratelimited); attempt 2 at <time>.',
  },
  'parked by 403': {
    bring: async () => {
      refuse(INCIDENTS, { kind: 'graph_error', status: 403, code: 'Forbidden' } as FaultInput);
      await send('forbidden', INCIDENTS);
      await harness.waitForStatus('forbidden', 'dead_lettered');
      return 'forbidden';
    },
    explanation: `Never sent to ${INCIDENTS}: the account teams:default may not post there (403 Forbidden); it has needed a decision since <time>. Invite the account’s app or user to the channel, or grant it the scope, then retry.`,
  },
  exhausted: {
    bring: async () => {
      refuse(channel('exhausted'), { kind: 'slack_error', error: 'ratelimited' } as FaultInput);
      await send('exhausted', channel('exhausted'));
      await harness.waitForStatus('exhausted', 'dead_lettered');
      return 'exhausted';
    },
    explanation:
      'Never sent to slack:default/CEXHAUSTED: all 3 attempts failed, the last because Slack asked to slow down (ratelimited); it has needed a decision since <time>. Retry when the platform is less busy. If it fails again, lower the account’s limits.',
  },
  'ambiguous and adopted': {
    bring: async () => {
      refuse(channel('adopted'), { kind: 'reset', when: 'after', times: 1 } as FaultInput);
      await send('adopted', channel('adopted'));
      await harness.waitForStatus('adopted', 'confirmed');
      return 'adopted';
    },
    explanation:
      'Confirmed: attempt 1 posted it to slack:default/CADOPTED, although the connection to Slack failed; attempt 2 found the post at <time> and did not post again. Nothing is left to do.',
  },
  'outcome unknown': {
    bring: async () => {
      refuse(WEBHOOK, { kind: 'reset', when: 'after' } as FaultInput);
      await send('unknown', WEBHOOK, { onAmbiguous: 'dead_letter' });
      await harness.waitForStatus('unknown', 'dead_lettered');
      return 'unknown';
    },
    explanation:
      'Perhaps sent to teams-webhook:default/incidents: it is unknown whether attempt 1 posted it, because the connection to Teams webhook failed; it has needed a decision since <time>. Look in the channel: discard if the post is there, retry if it is not.',
  },
  expired: {
    bring: async () => {
      refuse(channel('expired'), { kind: 'slack_error', error: 'team_added_to_org' } as FaultInput);
      await send('expired', channel('expired'), {
        expiresAt: inFuture(1_500),
        retryProfile: 'stubborn',
      });
      await harness.waitForStatus('expired', 'expired');
      return 'expired';
    },
    explanation:
      'Expired at <time>: never sent to slack:default/CEXPIRED, because all <n> attempts failed, the last because Slack was not available (team_added_to_org). Send it again with a new key, if it still matters.',
  },
  cancelled: {
    bring: async () => {
      await send('cancelled', channel('cancelled'), { deliverAt: inFuture(3_600_000) });
      await harness.request('DELETE', '/v1/messages/cancelled?by=ana&reason=false+alarm');
      await harness.waitForStatus('cancelled', 'cancelled');
      return 'cancelled';
    },
    explanation:
      'Cancelled by ana at <time> (“false alarm”): never sent to slack:default/CCANCELLED. Send it again with a new key, if it is still needed.',
  },
  discarded: {
    bring: async () => {
      refuse(channel('discarded'), { kind: 'slack_error', error: 'is_archived' } as FaultInput);
      await send('discarded', channel('discarded'));
      await harness.waitForStatus('discarded', 'dead_lettered');
      const decision = { by: 'ana', reason: 'the channel is gone' };
      await harness.request('POST', '/v1/messages/discarded/discard', decision);
      await harness.waitForStatus('discarded', 'discarded');
      return 'discarded';
    },
    explanation:
      'Discarded by ana at <time> (“the channel is gone”): never sent to slack:default/CDISCARDED, because Slack has no such channel, or doesn’t show it to the account (is_archived). Send it again with a new key, if it still matters.',
  },
  'never received': {
    bring: async () => {
      await send('pagerduty-77-triggered', channel('other'));
      await eventually(async () =>
        expect((await timeline('pagerduty-77-trigered')).similarKeys).toHaveLength(1),
      );
      return 'pagerduty-77-trigered';
    },
    explanation:
      'Never received: no message has the key “pagerduty-77-trigered”. It was never accepted, or it ended before <time>: messages that ended earlier are no longer kept. Similar key: “pagerduty-77-triggered”. Check the key, and whether the source got a 202 for it.',
  },
};

describe('the explanation names the true cause and the next step of a message', () => {
  it.concurrent.each(Object.entries(FATES))('%s', async (_, { bring, explanation }) => {
    const key = await bring();
    const told = timeless((await timeline(key)).explanation);
    expect(
      told.replace(/all \d+ attempts/, (all) =>
        explanation.includes('<n>') ? 'all <n> attempts' : all,
      ),
    ).toBe(explanation);
  });

  it('duplicate: in the answer to its sender', async () => {
    const message = {
      deduplicationKey: 'repeated',
      destinations: [channel('repeated')],
      content: { text: 'repeated' },
    };
    await harness.send(message);
    await harness.waitForStatus('repeated', 'confirmed');
    const { status, body } = await harness.send(message);
    expect(status).toBe(200);
    expect(timeless(body.explanation)).toBe(
      'Duplicate: first accepted at <time>. That message is confirmed since <time>; nothing was posted again.',
    );
  });
});

/** The story that the examples of the OpenAPI document tell: one PagerDuty incident, posted to Slack. */
import type { z } from 'zod';
import type { deadLetterSummarySchema } from './deadLetterRepresentation.js';
import type { messageStateSchema, messageSummarySchema } from './messageRepresentation.js';
import { messageLinks } from './paths.js';

export const KEY = 'pagerduty-55-triggered';
export const SLACK_CHANNEL = 'slack:default/C0123ABC';
export const TEAMS_WEBHOOK = 'teams-webhook:default/incidents';
export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const DECISION_ID = '3f0c2a3e-5d0b-4f0e-9a57-6d2f6f1f7d11';
export const DECISION_PATH = `/v1/dead-letters/decisions/${DECISION_ID}`;

const ACCEPTED_AT = '2026-11-23T12:00:00.000Z';
const FAILED_AT = '2026-11-23T12:00:00.496Z';
const CONFIRMED_AT = '2026-11-23T12:00:01.000Z';
const REFUSAL = 'Slack answered not_in_channel: invite the bot to the channel.';

export const LINKS = messageLinks(KEY, '');

export const RECEIPT = {
  messageId: '1795435200.000100',
  channel: 'C0123ABC',
  url: 'https://example.slack.com/archives/C0123ABC/p1795435200000100',
};

const correlated = {
  deduplicationKey: KEY,
  destinations: [SLACK_CHANNEL],
  source: 'pagerduty',
  reference: 'Q1A2B3C4D5',
  traceId: TRACE_ID,
  acceptedAt: ACCEPTED_AT,
};

export const CONFIRMED_SUMMARY: z.input<typeof messageSummarySchema> = {
  ...correlated,
  status: 'confirmed',
  closedAt: CONFIRMED_AT,
  deadLetters: [],
};

export const PARKED_SUMMARY: z.input<typeof messageSummarySchema> = {
  ...correlated,
  status: 'dead_lettered',
  deadLetters: [
    { destination: SLACK_CHANNEL, reason: 'not_authorised', detail: REFUSAL, at: FAILED_AT },
  ],
};

export const CONFIRMED_MESSAGE: z.input<typeof messageStateSchema> = {
  ...CONFIRMED_SUMMARY,
  explanation: 'Confirmed at 12:00:01 by every destination.',
  deliveries: [
    {
      destination: SLACK_CHANNEL,
      status: 'confirmed',
      receipt: RECEIPT,
      attempts: [
        {
          number: 1,
          startedAt: '2026-11-23T12:00:00.816Z',
          durationMs: 184,
          outcome: 'delivered',
          httpStatus: 200,
        },
      ],
    },
  ],
  operatorActions: [],
  links: LINKS,
};

export const PARKED_MESSAGE: z.input<typeof messageStateSchema> = {
  ...PARKED_SUMMARY,
  explanation: 'Dead-lettered: invite the bot to the channel, then retry.',
  deliveries: [
    {
      destination: SLACK_CHANNEL,
      status: 'dead_lettered',
      reason: 'not_authorised',
      detail: REFUSAL,
      parkedAt: FAILED_AT,
      attempts: [
        {
          number: 1,
          startedAt: '2026-11-23T12:00:00.312Z',
          durationMs: 184,
          outcome: 'permanent',
          reason: 'not_authorised',
          httpStatus: 200,
          platformCode: 'not_in_channel',
        },
      ],
    },
  ],
  operatorActions: [],
  links: LINKS,
};

export const RESCHEDULED_MESSAGE: z.input<typeof messageStateSchema> = {
  ...correlated,
  status: 'accepted',
  deadLetters: [],
  explanation: 'Scheduled: it will be posted at 12:30:00, as its deliverAt says.',
  deliveries: [{ destination: SLACK_CHANNEL, status: 'accepted', attempts: [] }],
  operatorActions: [
    {
      action: 'reschedule',
      at: FAILED_AT,
      by: 'Ada Lovelace',
      deliverAt: '2026-11-23T12:30:00Z',
    },
  ],
  deliverAt: '2026-11-23T12:30:00Z',
  links: LINKS,
};

const times = { oldest: FAILED_AT, newest: '2026-11-23T12:20:00.118Z' };

export const DEAD_LETTERS: z.input<typeof deadLetterSummarySchema> = {
  deadLetters: 12,
  messages: 12,
  destinations: [
    {
      destination: SLACK_CHANNEL,
      count: 12,
      ...times,
      reasons: [{ reason: 'not_authorised', count: 12, ...times }],
    },
  ],
};

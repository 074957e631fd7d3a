/** The operations that receive what configured sources send. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { jsonContent, problems, problemsWithout500 } from '../bodies.js';
import { CONFIRMED_SUMMARY } from '../examples.js';
import {
  sourceAcceptanceSchema,
  sourceListSchema,
  sourceQuerySchema,
} from '../sourceRepresentation.js';
import { traceHeaders } from './parameters.js';

const nameParameter = z.object({
  name: z.string().meta({
    description: 'The name of the source in the configuration.',
    examples: ['prometheus'],
  }),
});

const tokenParameter = nameParameter.extend({
  name: nameParameter.shape.name.meta({ examples: ['ci'] }),
  token: z.string().meta({
    description: 'The secret of a source with the setting `token`.',
    examples: ['token-of-the-source'],
  }),
});

const anyBody = z.unknown().meta({
  description: 'The body as the type of the source defines it. Any media type is read.',
});

const GROUP_OF_ALERTS = {
  version: '4',
  groupKey: '{}:{alertname="DiskFull"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'sendproof',
  groupLabels: { alertname: 'DiskFull' },
  commonLabels: { alertname: 'DiskFull', severity: 'critical' },
  commonAnnotations: { summary: 'Disk full on db-3' },
  externalURL: 'https://alertmanager.example.com',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull', instance: 'db-3', severity: 'critical' },
      annotations: { summary: 'Disk full on db-3' },
      startsAt: '2026-11-23T12:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://prometheus.example.com/graph',
      fingerprint: '8a2b7c1d9e0f3a4b',
    },
  ],
};

const receives = {
  tags: ['Sources'],
  security: [],
  responses: {
    200: {
      description:
        'The request is accepted, and its sender expects an answer of its own: `ok` like Slack, `1` like a Teams connector, or the answer to a handshake.',
      content: {
        'text/plain': {
          schema: z.string().meta({
            description: 'The answer that the sender expects.',
            examples: ['ok'],
          }),
          examples: { slack: { summary: 'A source of the type slack-webhook.', value: 'ok' } },
        },
        'application/json': {
          schema: z.object({}).meta({
            description: 'An empty object.',
          }),
          examples: { handshake: { summary: 'The handshake is complete.', value: {} } },
        },
      },
    },
    202: {
      description:
        'The request is authentic. Temporal has stored a message of each event, or one that says why the request cannot be read.',
      content: jsonContent(sourceAcceptanceSchema, {
        accepted: {
          summary: 'One route takes the event.',
          value: {
            status: 'accepted',
            messages: [
              {
                deduplicationKey: 'pagerduty:01DV8XKQZ3',
                route: 'incidents',
                duplicate: false,
                status: 'accepted',
              },
            ],
          },
        },
        test: {
          summary: 'PagerDuty tests its webhook subscription.',
          value: { status: 'test', detail: 'a test event of the webhook subscription' },
        },
        unusable: {
          summary: 'The body cannot be read, and a message says so.',
          value: {
            status: 'unusable',
            detail: 'The body is not JSON.',
            messages: [
              {
                deduplicationKey: 'prometheus:sha256-qL8R4QIcQ_ZsRqOAbeRfcZhilN_MksRtDaErMA',
                duplicate: false,
                status: 'accepted',
              },
            ],
          },
        },
      }),
    },
    ...problemsWithout500([400, 401, 403, 413, 415, 421, 503], {
      400: {
        description: 'The body cannot be decompressed, and only the body could prove who sent it.',
        example: {
          type: 'malformed_body',
          detail:
            'The body can’t be decompressed: it is truncated, or Content-Encoding names another compression.',
        },
      },
      401: {
        description:
          'There is no source of this name, or the request is not authentic. Both have the same answer, and the log has the reason.',
        example: {
          type: 'not_authentic',
          detail:
            'There is no source of this name, or the request doesn’t prove that its sender sent it. The log of the API says what is wrong.',
        },
      },
      403: {
        description: 'A page of another site made the request, to a source without authentication.',
        example: {
          type: 'foreign_site',
          detail:
            'A page of another site made this request: its Origin or Sec-Fetch-Site header says so. Send it from a program, or from the API’s own pages. If a proxy shows these under another name, set PUBLIC_URL.',
        },
      },
      413: {
        description: 'The body is too large, and only the body could prove who sent it.',
        example: { type: 'body_too_large', detail: 'The body may have at most 2097152 bytes.' },
      },
      415: {
        description:
          'The body is compressed in an unknown encoding, and only the body could prove who sent it.',
        example: {
          type: 'unsupported_media_type',
          detail:
            'The content encoding "zstd" is not accepted. Send the body uncompressed, or compressed with one of br, deflate, gzip.',
        },
      },
      503: {
        description:
          'The request is not accepted, because Temporal is unavailable or too slow for the sender. Send the same request again after the time in Retry-After.',
        example: {
          type: 'not_accepted',
          detail:
            'The request was not accepted within the 4000 ms that the sender of prometheus waits. It is to be sent again.',
        },
      },
    }),
  },
} satisfies Partial<ZodOpenApiOperationObject>;

export const receiveFromSource: ZodOpenApiOperationObject = {
  ...receives,
  operationId: 'receiveFromSource',
  summary: 'Receives the webhook of a configured source.',
  description:
    'The API’s keys are not needed: each source authenticates its sender by a signature, a header or HTTP Basic, as configured. The API answers after Temporal has stored the messages of all events. A request that is sent again makes no second post. Sources of the types `generic` and `grafana` take PUT as well, and `cloudevents` takes OPTIONS; every other method is answered 405.',
  requestParams: { path: nameParameter, header: traceHeaders },
  requestBody: {
    required: true,
    description: 'The request as its sender makes it.',
    content: {
      ...jsonContent(anyBody, {
        alertmanager: { summary: 'A group of alerts of Alertmanager.', value: GROUP_OF_ALERTS },
      }),
      '*/*': {
        schema: anyBody,
        examples: {
          text: {
            summary: 'The plain text of a job, for a source of the type generic.',
            value: 'Backup failed',
          },
        },
      },
    },
  },
};

export const receiveFromSourceWithToken: ZodOpenApiOperationObject = {
  ...receives,
  operationId: 'receiveFromSourceWithToken',
  summary: 'Receives the webhook of a source that has its secret in the URL.',
  description:
    'The token is the secret, so the API’s keys are not needed. Use this address where a system can only be given a URL, such as the URL of a Slack or Teams webhook. Everything else is as without a token.',
  requestParams: { path: tokenParameter, header: traceHeaders },
  requestBody: {
    required: true,
    description: 'The request as its sender makes it.',
    content: {
      ...jsonContent(anyBody, {
        slack: {
          summary: 'A post for an incoming webhook of Slack.',
          value: { text: '*Build 4711* failed' },
        },
      }),
      '*/*': {
        schema: anyBody,
        examples: {
          form: {
            summary: 'The same post as a form.',
            value: 'payload=%7B%22text%22%3A%22Build%204711%20failed%22%7D',
          },
        },
      },
    },
  },
};

export const listSources: ZodOpenApiOperationObject = {
  operationId: 'listSources',
  tags: ['Sources'],
  summary: 'Lists the configured sources, with what came last from each.',
  description:
    'An answer has at most 50 sources. Messages are found by a search. Requests are those that this API process has received since it started; another process has a list of its own.',
  requestParams: { query: sourceQuerySchema },
  responses: {
    200: {
      description: 'The body is one page of sources.',
      content: jsonContent(sourceListSchema, {
        page: {
          summary: 'One source is configured, and its last request was accepted.',
          value: {
            since: '2026-11-23T08:00:00.000Z',
            sources: [
              {
                name: 'pagerduty',
                type: 'pagerduty',
                url: 'https://sendproof.example.com/v1/sources/pagerduty',
                authenticated: true,
                respondWithinMs: 4_000,
                deduplicationWindowMs: 86_400_000,
                messages: [CONFIRMED_SUMMARY],
                requests: [
                  {
                    at: '2026-11-23T12:00:00.000Z',
                    outcome: 'accepted',
                    status: 202,
                    messages: [CONFIRMED_SUMMARY.deduplicationKey],
                    messageCount: 1,
                  },
                ],
                counts: { accepted: 1 },
              },
            ],
          },
        },
      }),
    },
    ...problems([400, 401, 503]),
  },
};

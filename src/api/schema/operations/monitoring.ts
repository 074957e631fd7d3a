/** The operations that monitoring systems and tools use. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { jsonContent, problems, problemsWithout500 } from '../bodies.js';
import { livenessSchema, readinessSchema } from '../healthRepresentation.js';
import { readinessQuerySchema } from '../requests.js';

export const health: ZodOpenApiOperationObject = {
  operationId: 'health',
  tags: ['Monitoring'],
  summary: 'Reports that the process is running.',
  description: 'The answer does not depend on Temporal. Use this operation as a liveness probe.',
  security: [],
  responses: {
    200: {
      description: 'The process is running.',
      content: jsonContent(livenessSchema, {
        ok: { summary: 'The process is running.', value: { status: 'ok' } },
      }),
    },
  },
};

export const readiness: ZodOpenApiOperationObject = {
  operationId: 'readiness',
  tags: ['Monitoring'],
  summary: 'Reports whether messages are accepted and delivered.',
  description:
    'The API is ready if Temporal answers and accepts writes, its namespace has what sendproof needs and a worker polls. With `intake`, it is ready if the queue takes messages, and what is missing behind the queue is in `warnings`. Use this operation as a readiness probe.',
  security: [],
  requestParams: { query: readinessQuerySchema },
  responses: {
    200: {
      description:
        'Temporal answers and accepts writes, its namespace is complete and a worker polls.',
      content: jsonContent(readinessSchema, {
        ready: {
          summary: 'All checks pass.',
          value: {
            status: 'ready',
            checks: { temporal: true, writes: true, worker: true, namespace: true },
            reasons: [],
            warnings: [],
          },
        },
      }),
    },
    503: {
      description:
        'Messages cannot be accepted or delivered. The body names the checks that fail, with the remedy.',
      content: jsonContent(readinessSchema, {
        notReady: {
          summary: 'No worker polls.',
          value: {
            status: 'not ready',
            checks: { temporal: true, writes: true, worker: false, namespace: true },
            reasons: ['No worker polls. Start one: npm run worker.'],
            warnings: [],
          },
        },
      }),
    },
    ...problemsWithout500([400, 421], {
      421: {
        description:
          'The API needs no key, and the Host header names a host that is not one of it.',
        example: {
          type: 'wrong_host',
          detail:
            'The request names the host "sendproof.example.net", which is not one of this API. Use its address or localhost. If the name is right, have the API started with PUBLIC_URL set to its URL, or with the name in SENDPROOF_ALLOWED_HOSTS.',
        },
      },
    }),
  },
};

const METRICS_EXAMPLE = `# HELP sendproof_temporal_up Whether Temporal answered and accepted a write (1) or not (0).
# TYPE sendproof_temporal_up gauge
sendproof_temporal_up 1
`;

export const metrics: ZodOpenApiOperationObject = {
  operationId: 'metrics',
  tags: ['Monitoring'],
  summary: 'Returns the metrics for Prometheus.',
  description: 'The metrics of messages and dead letters are at most ten seconds old.',
  responses: {
    200: {
      description: 'The body is text in the Prometheus exposition format.',
      content: {
        'text/plain': {
          schema: z.string().meta({
            description: 'Metrics in the Prometheus exposition format.',
            examples: [METRICS_EXAMPLE],
          }),
          examples: { metrics: { summary: 'One of the metrics.', value: METRICS_EXAMPLE } },
        },
      },
    },
    ...problems([401]),
  },
};

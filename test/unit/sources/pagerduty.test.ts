import { createHmac } from 'node:crypto';
import { pagerduty } from '../../../src/sources/pagerduty/source.js';
import { describeSourceContract } from './contract.js';

describeSourceContract({
  type: pagerduty,
  settings: (secret) => ({ secret }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      'X-PagerDuty-Signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  }),
  signsBody: true,
  senderWaitsMs: 5_000,
  tests: ['test'],
  redelivered: ({ body, headers }) => ({
    body,
    headers: { ...headers, 'X-Webhook-Id': crypto.randomUUID() },
  }),
});

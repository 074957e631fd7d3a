import { cloudevents } from '../../../src/sources/cloudevents/source.js';
import { describeSourceContract } from './contract.js';

describeSourceContract({
  type: cloudevents,
  settings: (bearer) => ({ bearer }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: { ...headers, Authorization: `Bearer ${Buffer.from(secret).toString('latin1')}` },
  }),
  signsBody: false,
  senderWaitsMs: 10_000,
});

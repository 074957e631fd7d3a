import { azureMonitor } from '../../../src/sources/azure-monitor/source.js';
import { describeSourceContract } from './contract.js';

describeSourceContract({
  type: azureMonitor,
  settings: (bearer) => ({ bearer }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: { ...headers, Authorization: `Bearer ${Buffer.from(secret).toString('latin1')}` },
  }),
  signsBody: false,
  senderWaitsMs: 10_000,
});

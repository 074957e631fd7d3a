import type { Sample } from '../source.js';

/** Each with the fields that are understood without a mapping. */
function sample(id: string, fields: object): Sample {
  return {
    headers: { 'Content-Type': 'application/json', 'webhook-id': id },
    body: JSON.stringify({
      id,
      name: 'backup-db-3',
      url: 'https://example.com/jobs/backup-db-3',
      ...fields,
    }),
  };
}

export const SAMPLES = {
  failed: sample('job-55-failed', {
    title: 'Backup of db-3 failed',
    status: 'failed',
    severity: 'error',
    reason: 'No space is left on the device.',
  }),
  recovered: sample('job-56-recovered', {
    title: 'Backup of db-3 is fine again',
    status: 'recovered',
    severity: 'ok',
    took: '12 min',
  }),
};

import type { Sample } from '../source.js';

const ATTRIBUTES = {
  specversion: '1.0',
  source: '/clusters/example/backup',
  type: 'com.example.backup.failed',
  time: '2026-11-23T12:00:00Z',
  subject: 'orders',
};
const DATA = { message: 'The backup of orders failed', severity: 'error', attempt: 3 };

export const SAMPLES = {
  structured: {
    headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify({
      ...ATTRIBUTES,
      id: 'example-1',
      datacontenttype: 'application/json',
      data: DATA,
    }),
  },
  binary: {
    headers: {
      'Content-Type': 'application/json',
      ...Object.fromEntries(
        Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]),
      ),
      'ce-id': 'example-2',
    },
    body: JSON.stringify(DATA),
  },
  batch: {
    headers: { 'Content-Type': 'application/cloudevents-batch+json' },
    body: JSON.stringify([
      { ...ATTRIBUTES, id: 'example-3', data: DATA },
      { ...ATTRIBUTES, id: 'example-4', subject: 'invoices', data: DATA },
    ]),
  },
} satisfies Record<string, Sample>;

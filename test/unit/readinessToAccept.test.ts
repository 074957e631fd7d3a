import { expect, it } from 'vitest';
import { readinessToAccept, type Readiness } from '../../src/api/readiness.js';

const NO_WORKER = 'No worker polls. Start one: npm run worker.';
const all = { temporal: true, writes: true, worker: true, namespace: true };

it('needs everything that a message needs to be kept', () => {
  for (const missing of ['temporal', 'writes', 'namespace'] as const) {
    const behind: Readiness = {
      status: 'not ready',
      checks: { ...all, [missing]: false, worker: false },
      reasons: ['What is wrong.', NO_WORKER],
    };
    expect(readinessToAccept(behind)).toEqual({
      readiness: { ...behind, reasons: ['What is wrong.'] },
      warnings: [NO_WORKER],
    });
  }
});

it('is there without a worker, which is a warning', () => {
  const checks = { ...all, worker: false };
  expect(readinessToAccept({ status: 'not ready', checks, reasons: [NO_WORKER] })).toEqual({
    readiness: { status: 'ready', checks, reasons: [] },
    warnings: [NO_WORKER],
  });
  const ready: Readiness = { status: 'ready', checks: all, reasons: [] };
  expect(readinessToAccept(ready)).toEqual({ readiness: ready, warnings: [] });
});

import { describe, expect, it } from 'vitest';
import { PollRefusals } from '../../src/worker/refusedPolls.js';

const line = (status: string, count: number, operation = 'PollActivityTaskQueue') =>
  `# TYPE temporal_long_request_failure counter\ntemporal_long_request_failure{namespace="chat",operation="${operation}",service_name="temporal-core-sdk",status_code="${status}",task_queue="sendproof.deliver.slack.default"} ${count}\n`;

/** The answers to readings, one every 10 s. */
const read = (readings: string[]) => {
  const refusals = new PollRefusals();
  return readings.map((reading, index) => refusals.read(reading, index * 10_000)?.status);
};

describe('polls', () => {
  it.each(['NOT_FOUND', 'PERMISSION_DENIED', 'UNAUTHENTICATED'])(
    'that are refused again (%s) are noticed',
    (status) => {
      const readings = ['', line(status, 10), line(status, 10), line(status, 20)];
      expect(read(readings)).toEqual([undefined, undefined, undefined, status]);
    },
  );

  it.each(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED', 'INTERNAL', 'CANCELLED'])(
    'of a Temporal that is away (%s) are not',
    (status) => {
      const readings = [10, 20, 30, 40].map((count) => line(status, count));
      expect(read(readings)).toEqual(Array(4).fill(undefined));
    },
  );

  it('that were refused once, and once more much later, are not', () => {
    const readings = [10, 10, 10, 10, 10, 20].map((count) => line('PERMISSION_DENIED', count));
    expect(read(readings)).toEqual(Array(6).fill(undefined));
  });

  it('of several pollers that are refused in one moment are not, until they are refused again', () => {
    const refusals = new PollRefusals();
    const at = (ms: number, count: number) =>
      refusals.read(line('PERMISSION_DENIED', count), ms)?.status;
    expect([at(0, 2), at(2_000, 4), at(4_000, 5), at(6_000, 5), at(8_000, 5)]).toEqual(
      Array(5).fill(undefined),
    );
    expect(at(10_000, 6)).toBe('PERMISSION_DENIED');
  });

  it('are told from other calls that Temporal holds', () => {
    const readings = [1, 2, 3].map((count) =>
      line('NOT_FOUND', count, 'GetWorkflowExecutionHistory'),
    );
    expect(read(readings)).toEqual(Array(3).fill(undefined));
  });
});

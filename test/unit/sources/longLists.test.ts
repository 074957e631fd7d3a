/** What every source makes of the longest lists that its sender may send. */
import { expect, it } from 'vitest';
import { usableContent } from '../../../src/acceptance/eventContent.js';
import { SOURCE_TYPES } from '../../../src/sources/registry.js';
import type { Sample } from '../../../src/sources/source.js';
import { defaultContent } from '../../../src/templates/defaultContent.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { configuredSource } from './configuredSource.js';
import { requestOf } from './parsed.js';

/** The sample with each of its lists as long as the body may be. */
function withLongLists({ body, headers }: Sample, largestBytes: number): Sample | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!/\[[^\]]/.test(JSON.stringify(parsed))) return undefined;
  const times = Math.max(2, Math.floor(largestBytes / (body.length * 2)));
  const long = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const most = Math.ceil(Math.min(10_000, times) / Math.max(1, value.length));
      return Array.from({ length: most }, () => value as unknown[]).flat();
    }
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, long(each)]));
  };
  return { headers, body: JSON.stringify(long(parsed)) };
}

const CASES = SOURCE_TYPES.flatMap((type) =>
  Object.entries(type.samples).flatMap(([name, sample]) => {
    const long = withLongLists(sample, type.largestBodyBytes);
    return long ? [{ name: `${type.name}/${name}`, type, long }] : [];
  }),
);

it.each(CASES)('shows $name with long lists', ({ long, type }) => {
  expect(long.body.length).toBeLessThanOrEqual(type.largestBodyBytes);
  const source = configuredSource(type);
  const request = requestOf(long);
  if (source.identify(request).kind !== 'events') return;
  let contents: unknown[] = [];
  expectProcessorMsBelow(2_000, () => {
    contents = source.parse(request).map((parsed) => {
      const event = { ...parsed, source: 'any' };
      return usableContent(defaultContent(event), event);
    });
  });
  expect(contents.length).toBeGreaterThan(0);
  for (const content of contents) expect(JSON.stringify(content).length).toBeLessThan(400_000);
});

it.each(['alertmanager', 'grafana'])('shows 500 and 10,000 alerts of %s in one event', (name) => {
  const type = SOURCE_TYPES.find((each) => each.name === name);
  if (!type) throw new Error(name);
  const alert = (index: number) => ({
    status: 'firing',
    labels: { alertname: 'DiskFull', instance: `db-${index}`, severity: 'critical' },
    annotations: { summary: `The disk of db-${index} is full` },
    startsAt: '2026-11-23T12:00:00Z',
    fingerprint: `f${index}`,
  });
  for (const count of [500, 10_000]) {
    const alerts = Array.from({ length: count }, (_, index) => alert(index));
    const body = JSON.stringify({ groupKey: '{}:{}', status: 'firing', alerts });
    expect(body.length).toBeLessThan(type.largestBodyBytes);
    const events = configuredSource(type).parse(requestOf({ headers: {}, body }));
    expect(events).toHaveLength(1);
    expect(events[0]?.title).toContain(`(${count} alerts)`);
    expect(events[0]?.text).toContain(`and ${count - 10} more`);
  }
});

it.each([
  ['fits', 100_000, /word $/],
  ['is cut', 200_000, /word\n\n…$/],
  ['is cut, without a space in it', 0, /xx\n\n…$/],
])('marks the end of a text that %s', (_, length, end) => {
  const text = length === 0 ? 'x'.repeat(300_000) : 'word '.repeat(length / 5);
  const event = { key: 'k', source: 's', title: 't', state: 'other' as const, labels: {}, text };
  expect(usableContent(defaultContent(event), event).text).toMatch(end);
});

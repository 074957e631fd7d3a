import { expect, it } from 'vitest';
import { isDue } from '../../src/store/search/messageSearch.js';
import { overdueFilter } from '../../src/store/systemState.js';

const NOW = new Date('2026-11-25T12:00:00Z');
const filter = overdueFilter(10 * 60_000, NOW);

it.each([
  ['was never rescheduled', undefined, true],
  ['was rescheduled to an hour ago', '2026-11-25T11:00:00Z', true],
  ['was rescheduled to a moment ago', '2026-11-25T11:59:00Z', false],
  ['was rescheduled to a moment ago, in another zone', '2026-11-25T13:59:00+02:00', false],
  ['was rescheduled to ten minutes ago', '2026-11-25T11:50:00Z', false],
])('a message that %s: overdue is %s', (_what, rescheduledTo, isOverdue) => {
  expect(isDue(rescheduledTo, filter)).toBe(isOverdue);
});

it('is a matter of filters for it alone', () => {
  expect(isDue('2026-11-25T11:59:00Z', { status: 'delivering' })).toBe(true);
});

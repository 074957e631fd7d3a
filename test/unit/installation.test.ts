/** What the overview says is wrong. */
import { describe, expect, it } from 'vitest';
import type { AccountQueue } from '../../src/domain/deliveryEstimate.js';
import { troublesOf, type InstallationFacts } from '../../src/explanation/installation.js';

const WORKING = { backlog: 0, workers: 1, heldBack: undefined } as unknown as AccountQueue;
const WELL: InstallationFacts = {
  ...{ outage: undefined, overdue: 0, workers: 1, writeFault: undefined },
  deadLetters: { count: 0, isComplete: true },
  accounts: [{ id: 'slack:a', queue: WORKING }],
};
const known = { id: 'slack:a', queue: WORKING };
const unknown = (id: string) => ({ id, queue: undefined });

describe('the troubles of an installation', () => {
  it.each<[string, Partial<InstallationFacts>, string[]]>([
    ['all is known and well', {}, []],
    ['there is no account', { accounts: [] }, []],
    [
      'one account is not known',
      { accounts: [known, unknown('slack:b')] },
      ['The state of the account slack:b can’t be read from Temporal.'],
    ],
    [
      'thousands are not known',
      { accounts: Array.from({ length: 1_500 }, (_, index) => unknown(`slack:${index}`)) },
      ['The state of 1,500 accounts can’t be read from Temporal.'],
    ],
    [
      'the workers are not known',
      { workers: undefined },
      ['The state of the workers can’t be read from Temporal.'],
    ],
    [
      'neither is known',
      { workers: undefined, accounts: [unknown('slack:a'), unknown('slack:b')] },
      ['The state of the workers and of 2 accounts can’t be read from Temporal.'],
    ],
    [
      'Temporal doesn’t answer, which is said once',
      { outage: { text: 'No answer.' }, workers: undefined, accounts: [unknown('slack:a')] },
      ['No answer.'],
    ],
  ])('where %s', (_, facts, expected) => {
    expect(troublesOf({ ...WELL, ...facts }).map(({ text }) => text)).toEqual(expected);
  });
});

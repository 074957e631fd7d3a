import { expect, expectTypeOf, it } from 'vitest';
import type { Workflows } from '../../src/contract/workflows.js';
import * as registered from '../../src/workflows/index.js';

it('registers every workflow type of the contract, and no other', () => {
  expectTypeOf(registered).toExtend<Workflows>();
  expectTypeOf<keyof typeof registered>().toEqualTypeOf<keyof Workflows>();
  expect(Object.keys(registered).sort()).toEqual([
    'accountTrouble',
    'acknowledgeSource',
    'batch',
    'conversation',
    'deadLetterQueue',
    'deliverMessage',
    'eventGroup',
    'findOverdue',
  ]);
});

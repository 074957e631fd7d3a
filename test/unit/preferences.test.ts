import { expect, it } from 'vitest';
import { isPreferred } from '../../src/api/preferences.js';
import { expectProcessorMsBelow } from '../processorTime.js';

const prefers = (header: string) => isPreferred('respond-async', header);

it.each([
  'respond-async',
  'Respond-Async',
  'RESPOND-ASYNC',
  ' respond-async ',
  'respond-async=""',
  'respond-async=',
  'respond-async;note=x',
  'respond-async ; note="a, b"',
  'respond-async, wait=10',
  'wait=10, respond-async',
  'wait=10,respond-async',
  'handling=lenient, wait=10, respond-async',
  'note="a \\" b, c", respond-async',
  ',, respond-async',
  'no such thing, respond-async',
  'respond-async, respond-async',
  'wait=10,\trespond-async',
])('is preferred in %j', (header) => {
  expect(prefers(header)).toBe(true);
});

it.each([
  '',
  'wait=10',
  'respond-asynchronously',
  'x-respond-async',
  'respond async',
  'respond-async=false',
  'respond-async="no"',
  'note="respond-async"',
  'note="a, respond-async"',
  'note="a, respond-async, b"',
  'note="unclosed, respond-async',
  'wait=10; respond-async',
  'return=minimal',
  '"respond-async"',
])('is not preferred in %j', (header) => {
  expect(prefers(header)).toBe(false);
});

it('is found in a long header in no time', () => {
  for (const header of [
    '"'.repeat(16_000),
    'a;'.repeat(8_000),
    'a=;'.repeat(5_000),
    '"\\'.repeat(8_000),
    `respond-async${'; '.repeat(8_000)}@`,
    `respond-async${' ;\t'.repeat(5_000)}@`,
    `respond-async; a${' = ; a'.repeat(2_500)}@`,
    `respond-async${' '.repeat(8_000)}=${' '.repeat(8_000)}@`,
  ]) {
    expectProcessorMsBelow(1_000, () => expect(prefers(header)).toBe(false));
  }
});

import { describe, expect, it } from 'vitest';
import { cacheSizeFor, workflowCacheSize } from '../../src/worker/workflowCache.js';

const GIB = 2 ** 30;

/** As V8 sets it: half of the memory, up to 4 GiB. */
const inContainer = (gib: number) => ({
  containerMemory: gib * GIB,
  machineMemory: 64 * GIB,
  heap: Math.min(gib / 2, 4) * GIB,
});

describe('the number of workflows that a worker keeps ready', () => {
  it.each([
    [0.25, 50],
    [0.5, 141],
    [1, 1_213],
    [1.5, 2_000],
    [16, 2_000],
  ])('on Node.js 24, in a container of %s GiB, is %s', (gib, size) => {
    expect(cacheSizeFor(inContainer(gib), 24)).toBe(size);
  });

  it.each([
    [0.5, 50],
    [1, 165],
    [1.5, 205],
    [16, 250],
  ])('on Node.js 22, in a container of %s GiB, is %s', (gib, size) => {
    expect(cacheSizeFor(inContainer(gib), 22)).toBe(size);
  });

  it('leaves half of a machine that it shares to others', () => {
    const shared = { containerMemory: undefined, machineMemory: 1.5 * GIB, heap: 2 * GIB };
    expect(cacheSizeFor(shared, 24)).toBe(
      cacheSizeFor({ ...shared, containerMemory: (0.75 / 0.9) * GIB }, 24),
    );
  });

  it('follows a heap that Node.js is told to keep small', () => {
    const small = { ...inContainer(4), heap: GIB / 4 };
    expect(cacheSizeFor(small, 24)).toBeLessThan(cacheSizeFor(inContainer(4), 24));
  });

  it('is found for this process', () => {
    expect(workflowCacheSize()).toBeGreaterThanOrEqual(50);
  });
});

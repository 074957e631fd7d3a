/** Pages of a list of which most is left out after it was read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledPage } from '../../src/store/search/filledPage.js';

/** Reads a list of so many, of which those that are wanted are kept; the cursor is the place of the last one that was read. */
function listOf(length: number, isWanted: (place: number) => boolean) {
  const limits: number[] = [];
  const read = (limit: number, cursor: string | undefined) => {
    limits.push(limit);
    const begin = cursor === undefined ? 0 : Number(cursor) + 1;
    const places = Array.from({ length }, (_, place) => place).slice(begin, begin + limit);
    const last = places.at(-1);
    return Promise.resolve({
      found: places.filter(isWanted).map((place) => ({ item: place, cursor: String(place) })),
      cursor: last === undefined || last === length - 1 ? undefined : String(last),
    });
  };
  return { limits, read };
}

async function readAll(
  read: Parameters<typeof filledPage<number>>[0],
  limit: number,
): Promise<number[][]> {
  const pages: number[][] = [];
  let cursor: string | undefined;
  do {
    const page = await filledPage(read, { cursor, limit });
    pages.push(page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

describe('a page of which most is left out', () => {
  it('is full as long as enough is near, and each item is on one page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        async (wanted, limit) => {
          const { read } = listOf(wanted.length, (place) => wanted[place] === true);
          const pages = await readAll(read, limit);
          expect(pages.flat()).toEqual(wanted.flatMap((is, place) => (is ? [place] : [])));
          for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
        },
      ),
    );
  });

  it('takes one read of its own size where nothing is left out', async () => {
    const { limits, read } = listOf(1_000, () => true);
    expect((await filledPage(read, { limit: 50 })).items).toHaveLength(50);
    expect(limits).toEqual([50]);
  });

  it('ends after some reads where nothing is near, and the next one goes on', async () => {
    const { limits, read } = listOf(10_000, (place) => place === 9_000);
    const pages = await readAll(read, 50);
    expect(pages).toEqual([[], [], [9_000]]);
    expect(limits.length).toBeLessThanOrEqual(3 * 5);
  });
});

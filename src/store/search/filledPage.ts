/** Pages of a list of which most may be left out after Temporal has found it. */

/** What was read of a list in one go. */
export interface Part<Item> {
  /** What of it is wanted, each with the cursor of a page that would end with it. */
  found: { item: Item; cursor: string }[];
  /** Where the list goes on; undefined at its end. */
  cursor: string | undefined;
}

/** One answer of Temporal’s has so many, and the two beside them that tell where the part begins and ends. */
const LARGEST_PART = 900;

/** With the largest parts, some thousands are looked at for a page. Whoever wants more asks for the next page. */
const MOST_PARTS = 5;

/**
 * Reads on until the page is full, or enough was looked at: such a page has fewer than `limit`, or none, and a cursor.
 *
 * @param read reads the next part, of at most so many
 */
export async function filledPage<Item>(
  read: (limit: number, cursor: string | undefined) => Promise<Part<Item>>,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: Item[]; cursor: string | undefined }> {
  // Mostly the first part has enough.
  let part = await read(limit, cursor);
  const { found } = part;
  for (let parts = 1; parts < MOST_PARTS; parts += 1) {
    if (found.length >= limit || part.cursor === undefined) break;
    part = await read(LARGEST_PART, part.cursor);
    found.push(...part.found);
  }
  const items = found.slice(0, limit).map(({ item }) => item);
  return { items, cursor: found.length > limit ? found[limit - 1]?.cursor : part.cursor };
}

/** Calls `begin` with each number below the count in turn, so many of them under way at once, until all have ended. */
export async function severalAtOnce(
  atOnce: number,
  count: number,
  begin: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const oneByOne = async (): Promise<void> => {
    while (next < count) await begin(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, oneByOne));
}

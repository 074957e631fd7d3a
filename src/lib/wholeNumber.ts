/**
 * A whole number as people write it, in digits alone and without a zero in front. Undefined for any other form, such as `0x10`,
 * `1e2` and `+5`, and for what is too large to be exact.
 */
export function parseWholeNumber(text: string): number | undefined {
  const number = Number(text);
  return /^(?:0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

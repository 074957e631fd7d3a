/** The addresses of Google Chat: the id of a space, as `AAAAMpdlehY` of `spaces/AAAAMpdlehY`. */

const SPACE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The same, for the OpenAPI document. */
export const SPACE_ID_PATTERN = '[A-Za-z0-9_-]{1,64}';

export function isSpaceId(path: string): boolean {
  return SPACE_ID.test(path);
}

/** Undefined for the id of a space; otherwise what is wrong and the remedy. */
export function checkSpaceId(path: string): string | undefined {
  if (isSpaceId(path)) return undefined;
  const [, id] = /^(?:.*\/)?spaces?\/([A-Za-z0-9_-]{1,64})\/?$/.exec(path) ?? [];
  return `"${path}" is not the id of a space of Google Chat: ${
    id === undefined
      ? 'write what follows /space/ in the address of the space, as AAAAMpdlehY'
      : `write ${id} alone`
  }.`;
}

/** Decodes a segment of a URL's path. Malformed percent-encoding stays as it is: it names nothing that exists. */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

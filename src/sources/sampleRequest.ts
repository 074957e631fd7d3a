import type { SignedSample, SourceRequest } from './source.js';

/** The request that a sender makes of a sample, as it arrives. */
export function sampleRequest({ body, headers, token = '' }: SignedSample): SourceRequest {
  return {
    id: 'sample',
    method: 'POST',
    headers: withLowerCaseNames(headers),
    query: new URLSearchParams(),
    token,
    body: Buffer.from(body),
  };
}

/** Of names that differ only in their case, the last counts. */
export function withLowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

import type { Sample, SourceRequest } from './source.js';

/** The request that a sender makes of a sample, as it arrives. */
export function sampleRequest({
  body,
  headers,
  token = '',
}: Sample & { token?: string }): SourceRequest {
  return {
    id: 'sample',
    method: 'POST',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    query: new URLSearchParams(),
    token,
    body: Buffer.from(body),
  };
}

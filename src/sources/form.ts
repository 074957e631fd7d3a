import type { SourceRequest } from './source.js';

/** The fields of the body where the request says that it is a form; else undefined. */
export function formOf({
  body,
  headers,
}: Pick<SourceRequest, 'body' | 'headers'>): URLSearchParams | undefined {
  const [type = ''] = (headers['content-type'] ?? '').toLowerCase().split(';', 1);
  return type.trim() === 'application/x-www-form-urlencoded'
    ? new URLSearchParams(body.toString('utf8'))
    : undefined;
}

/** Where a page of messages ends, as text for those who ask for the next one. */
import type { PageEnd } from './newestFirst.js';

export function isCursor(text: string): boolean {
  return fromCursor(text) !== undefined;
}

export function toCursor({ startedAt, runId }: PageEnd): string {
  return Buffer.from(`${startedAt} ${runId}`).toString('base64url');
}

/** A time of this millennium to the nanosecond, and a run id. */
const PAGE_END =
  /^(?<startedAt>2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (?<runId>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

/** It becomes part of a query, so nothing is accepted that `toCursor` can't have made. */
export function fromCursor(cursor: string): PageEnd | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const { startedAt, runId } = PAGE_END.exec(text)?.groups ?? {};
  if (startedAt === undefined || runId === undefined || !isTime(startedAt)) return undefined;
  const end = { startedAt, runId };
  return toCursor(end) === cursor ? end : undefined;
}

/** False for days and hours that no calendar has, as 2026-02-31: Date moves them, and Temporal refuses them. */
function isTime(startedAt: string): boolean {
  const time = new Date(startedAt);
  const second = startedAt.slice(0, 19);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(second);
}

/** The query options of Graph's lists. */
import type { SandboxPost } from '../posts.js';
import { badRequest } from './errors.js';

const DEFAULT_PAGE = 20;
/** https://learn.microsoft.com/graph/api/channel-list-messages */
const LARGEST_PAGE = 50;

/** The query options that a list supports. */
export interface ListRules {
  /** `none`; `changed`: only `lastModifiedDateTime gt`; `any`: either time, `gt` and `lt`. */
  filter: 'none' | 'changed' | 'any';
  orderBy: boolean;
}

export interface Page {
  posts: SandboxPost[];
  nextLink?: string;
}

type Time = 'createdDateTime' | 'lastModifiedDateTime';

const CONDITION =
  /^(?<time>createdDateTime|lastModifiedDateTime) (?<operator>gt|lt) (?<value>\S+)$/;

/**
 * @param newestFirst all messages of the list
 * @throws GraphRefusal 400 for an option that the list doesn't have, or a malformed one
 */
export function pageOf(url: URL, newestFirst: SandboxPost[], rules: ListRules): Page {
  const query = url.searchParams;
  const size = sizeOf(query.get('$top'));
  const matches = filterOf(query.get('$filter'), rules.filter);
  const ordered = order(newestFirst.filter(matches), query.get('$orderby'), rules.orderBy);
  const start = positionOf(query.get('$skiptoken'), ordered);
  const next = ordered[start + size];
  const posts = ordered.slice(start, start + size);
  if (!next) return { posts };
  const nextLink = new URL(url);
  nextLink.searchParams.set('$skiptoken', Buffer.from(next.id).toString('base64url'));
  return { posts, nextLink: nextLink.href };
}

function sizeOf(top: string | null): number {
  if (top === null) return DEFAULT_PAGE;
  const size = Number(top);
  if (Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE) return size;
  throw badRequest(
    `The limit of '${LARGEST_PAGE}' for Top query has been exceeded, or it is not a number.`,
  );
}

function filterOf(
  filter: string | null,
  rule: ListRules['filter'],
): (post: SandboxPost) => boolean {
  if (filter === null) return () => true;
  if (rule === 'none') throw badRequest("Query option 'Filter' is not allowed.");
  const conditions = filter.split(' and ').map((text) => conditionOf(text, rule));
  return (post) => conditions.every((condition) => condition(post));
}

function conditionOf(text: string, rule: 'changed' | 'any'): (post: SandboxPost) => boolean {
  const { time, operator, value } = CONDITION.exec(text.trim())?.groups ?? {};
  const at = Date.parse(value ?? '');
  if (time === undefined || Number.isNaN(at)) throw badRequest('Invalid filter clause.');
  if (rule === 'changed' && (time !== 'lastModifiedDateTime' || operator !== 'gt')) {
    throw badRequest('Only lastModifiedDateTime gt is supported.');
  }
  return (post) =>
    operator === 'gt' ? timeOf(post, time as Time) > at : timeOf(post, time as Time) < at;
}

function order(posts: SandboxPost[], orderBy: string | null, allowed: boolean): SandboxPost[] {
  if (orderBy === null) return posts;
  const time = /^(createdDateTime|lastModifiedDateTime) desc$/.exec(orderBy)?.[1];
  if (!allowed || time === undefined) throw badRequest("Query option 'OrderBy' is not allowed.");
  return posts.sort((a, b) => timeOf(b, time as Time) - timeOf(a, time as Time));
}

function timeOf(post: SandboxPost, time: Time): number {
  return time === 'createdDateTime' ? post.postedAt : (post.editedAt ?? post.postedAt);
}

/** A token names the message that the page begins with, so that newer posts don't shift it. */
function positionOf(token: string | null, posts: SandboxPost[]): number {
  if (token === null) return 0;
  const id = Buffer.from(token, 'base64url').toString();
  const position = posts.findIndex((post) => post.id === id);
  if (position < 0) throw badRequest('The skiptoken is not valid.');
  return position;
}

import { firstTen } from '../listing.js';
import { linked, plain } from '../facts.js';
import { at, listAt, textAt, type JsonObject } from '../json.js';
import type { Subject } from './subject.js';

/** Commits that were pushed to a branch, or a branch or tag that came or went. */
export function pushOf(payload: JsonObject): Subject {
  const ref = textAt(payload, 'ref') ?? '?';
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  const noun = ref.startsWith('refs/tags/') ? 'tag' : 'branch';
  const commits = listAt(payload, 'commits');
  return {
    what: whatHappened(payload, { name, noun, count: commits.length }),
    state: 'other',
    severity: 'info',
    url: at(payload, 'compare'),
    text: firstTen(commits.map(commitLine)),
    occurredAt: at(payload, 'head_commit', 'timestamp'),
  };
}

function whatHappened(
  payload: JsonObject,
  { count, name, noun }: { name: string; noun: string; count: number },
): string {
  if (at(payload, 'deleted') === true) return `${noun} ${name} deleted`;
  if (at(payload, 'created') === true && count === 0) return `${noun} ${name} created`;
  const forced = at(payload, 'forced') === true ? ', forced' : '';
  return `${count} ${count === 1 ? 'commit' : 'commits'} pushed to ${name}${forced}`;
}

function commitLine(commit: unknown): string {
  const id = textAt(commit, 'id')?.slice(0, 7);
  const [first] = (textAt(commit, 'message') ?? '').split('\n');
  const author = plain(textAt(commit, 'author', 'name'));
  return [linked(id, at(commit, 'url')), plain(first), author && `(${author})`]
    .filter(Boolean)
    .join(' ');
}

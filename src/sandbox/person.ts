/** What people do beside the account: they post, and they delete posts. */
import { graphMessageId } from './graph/messageId.js';
import { slackTs } from './slack/ts.js';
import type { PostContent, PostStore, SandboxPost } from './posts.js';
import type { Places } from './places.js';

export interface PersonsPost {
  platform: 'slack' | 'teams';
  path: string;
  text: string;
  /** The id of the post that it answers. */
  replyTo?: string | undefined;
  /** The person's name. */
  author?: string | undefined;
}

/** @throws Error with the status 404 where there is no such place */
export function postAsPerson(
  posts: PostStore,
  places: Places,
  { author = 'ana', path, platform, replyTo, text }: PersonsPost,
): SandboxPost {
  if (!places.find(platform, path)) {
    throw Object.assign(new Error(`There is no place ${platform} ${path}.`), { status: 404 });
  }
  const microseconds = posts.nextId();
  const postedAt = Math.floor(microseconds / 1_000);
  return posts.add({
    platform,
    path,
    id:
      platform === 'slack'
        ? slackTs(microseconds)
        : graphMessageId(posts.of(platform, path), postedAt),
    text,
    postedAt,
    author,
    ...(replyTo !== undefined && { replyTo }),
    content: contentOf(platform, text),
  });
}

function contentOf(platform: PersonsPost['platform'], text: string): PostContent {
  if (platform === 'slack') return { kind: 'slack', text };
  const body = { contentType: 'text', content: text } as const;
  return { kind: 'graph', body, subject: null, importance: 'normal', attachments: [] };
}

import type { InConversation } from './delivery.js';

/** How a message is shown in its conversation, in words. */
export function describeInConversation({ because, of, role }: InConversation): string {
  const post = `the post of “${of ?? 'an earlier message'}”`;
  switch (role) {
    case 'root':
      return because === undefined
        ? 'It begins its conversation.'
        : `It is a post of its own, because ${why(because, of, post)}.`;
    case 'edit':
      return `It replaced the content of ${post}.`;
    case 'edit_and_reply':
      return `It replaced the content of ${post}, and a short answer in the thread notifies people.`;
    case 'reply':
      return because === 'edit_refused'
        ? `It answers ${post} in the thread, because the platform refuses to change that post.`
        : `It answers ${post} in the thread.`;
    case 'follow_up':
      return `It is a post of its own that names ${post}, which the platform can’t change or answer.`;
  }
}

function why(
  because: NonNullable<InConversation['because']>,
  of: string | undefined,
  post: string,
): string {
  switch (because) {
    case 'not_posted':
      return `“${of ?? 'the first message'}”, the first message of its conversation, was not posted`;
    case 'post_deleted':
      return `${post} is gone`;
    case 'edit_refused':
      return `the platform refuses to change ${post}`;
  }
}

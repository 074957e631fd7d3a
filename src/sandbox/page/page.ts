/** Renders the channels as people would see them. */
import type { ActiveFault } from '../faults.js';
import { sanitiseAsTeams } from '../graph/html.js';
import type { Place } from '../places.js';
import { SIMULATED } from '../platforms.js';
import type { GraphContent, PostContent, ReceivedContent, SandboxPost } from '../posts.js';
import { cardHtml } from './card.js';
import { chatHtml } from './chat.js';
import { escapeHtml } from './escape.js';
import { faultsHtml, presetsHtml } from './faultForms.js';
import { linesHtml, slackHtml } from './mrkdwn.js';

/** The content of the page. */
export interface PageContent {
  places: Place[];
  faults: ActiveFault[];
  /** The posts of one place, oldest first. */
  postsOf: (place: Place) => readonly SandboxPost[];
}

const POSTS_SHOWN = 50;
/** A load test makes thousands of channels: the page shows those with the latest posts. */
const PLACES_SHOWN = 24;

export function pageHtml(content: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sendproof sandbox</title>
<link rel="stylesheet" href="/page/style.css">
<script type="module" src="/page/refresh.js"></script>
</head>
<body>
<header>
<h1>sendproof <span>sandbox</span></h1>
<p>The chat platforms, on this machine. What is posted shows here at once.</p>
</header>
<main>
${presetsHtml()}
<div id="channels">${channelsHtml(content)}</div>
</main>
</body>
</html>
`;
}

/** The part of the page that changes while it is open. */
export function channelsHtml({ places, faults, postsOf }: PageContent): string {
  const panes = places
    .map((place, index) => ({ place, index, posts: postsOf(place) }))
    .map((pane) => ({ ...pane, lastAt: pane.posts.at(-1)?.postedAt ?? 0 }));
  const shown =
    panes.length <= PLACES_SHOWN
      ? panes
      : panes
          .sort((a, b) => b.lastAt - a.lastAt)
          .slice(0, PLACES_SHOWN)
          .sort((a, b) => a.index - b.index);
  const hidden = panes.length - shown.length;
  return [
    faultsHtml(faults),
    `<div class="panes">${shown.map(({ place, posts }) => paneHtml(place, posts)).join('')}</div>`,
    hidden === 0 ? '' : `<p class="more">and ${hidden} quieter places</p>`,
  ].join('');
}

function paneHtml(place: Place, posts: readonly SandboxPost[]): string {
  const { label } = SIMULATED[place.platform];
  const recent = inThreads(posts).slice(-POSTS_SHOWN);
  const earlier = posts.length - recent.length;
  const state = place.archived ? ' · archived' : place.member ? '' : ' · not a member';
  const body =
    posts.length === 0
      ? '<p class="empty">Nothing yet</p>'
      : `${earlier === 0 ? '' : `<p class="more">${earlier} earlier</p>`}${recent.map(postHtml).join('')}`;
  return `<section class="pane ${place.platform}">
<h2><span class="title">${escapeHtml(titleOf(place))}</span><span class="platform">${label}${state}</span></h2>
<p class="path">${escapeHtml(place.path)}</p>
<div class="posts" tabindex="0" role="region" aria-label="Posts of ${escapeHtml(titleOf(place))}, ${label}">${body}</div>
</section>`;
}

function titleOf({ platform, path, name, teamName }: Place): string {
  if (platform === 'slack') return `# ${name ?? path}`;
  return [teamName, name ?? path].filter((part) => part !== undefined).join(' › ');
}

/** Answers below the post that they answer. */
function inThreads(posts: readonly SandboxPost[]): SandboxPost[] {
  const threads = new Map<string, SandboxPost[]>();
  for (const post of posts) {
    const thread = threads.get(post.replyTo ?? post.id);
    if (thread) thread.push(post);
    else threads.set(post.replyTo ?? post.id, [post]);
  }
  return [...threads.values()].flat();
}

function postHtml(post: SandboxPost): string {
  const at = new Date(post.postedAt);
  const time = at.toISOString().slice(11, 19);
  const notes = [
    post.replyTo !== undefined && 'reply',
    post.broadcast && 'also sent to the channel',
    post.editedAt !== undefined && 'edited',
  ];
  const byAccount = post.author === undefined;
  const author = post.author ?? authorOf(post.content);
  const content =
    post.deletedAt === undefined
      ? contentHtml(post.content)
      : '<p class="context">This message was deleted.</p>';
  return `<article${post.replyTo === undefined ? '' : ' class="reply"'} id="${escapeHtml(`${post.platform}-${post.id}`)}">
<div class="avatar" aria-hidden="true">${byAccount ? 'sp' : escapeHtml(author.slice(0, 2))}</div>
<div class="said">
<p class="by"><strong>${escapeHtml(author)}</strong> ${byAccount ? '<span class="app">APP</span> ' : ''}<time datetime="${at.toISOString()}">${time}</time> ${notes.filter(Boolean).join(' ')}</p>
${content}
</div>
</article>`;
}

function authorOf(content: PostContent): string {
  return content.kind === 'slack' ? (content.username ?? 'sendproof') : 'sendproof';
}

function contentHtml(content: PostContent): string {
  switch (content.kind) {
    case 'slack':
      return slackHtml(content);
    case 'graph':
      return graphHtml(content);
    case 'card':
      return cardHtml(content.card);
    case 'chat':
      return chatHtml(content);
    case 'received':
      return receivedHtml(content);
    case 'note':
      return `<p>${escapeHtml(content.text)}</p>`;
    case 'shown':
      return `<p>${linesHtml(content.lines)}</p>`;
  }
}

/** What came, as it came: a receiver decides by itself how it shows that. */
function receivedHtml({ data }: ReceivedContent): string {
  return `<pre>${escapeHtml(JSON.stringify(data, null, 2))}</pre>`;
}

function graphHtml({ subject, importance, body }: GraphContent): string {
  const mark = importance === 'normal' ? '' : `<p class="important">${importance}</p>`;
  const title = subject === null ? '' : `<h3>${escapeHtml(subject)}</h3>`;
  // Anyone may have edited the journal file, so its HTML is sanitised again here.
  const html =
    body.contentType === 'html'
      ? sanitiseAsTeams(body.content)
      : `<p>${escapeHtml(body.content)}</p>`;
  return `${mark}${title}${html}`;
}

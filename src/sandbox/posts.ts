/** The posts in the sandbox's channels, and the file that keeps them across a crash. */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
} from 'node:fs';
import type { ChatCards } from './googleChat/cards.js';
import type { ShownLine } from './markedText.js';
import type { SandboxPlatform } from './platforms.js';
import type { Received } from './receiver/received.js';

/** A post that a person looking at the channel would see. */
export interface SandboxPost {
  platform: SandboxPlatform;
  /** As in a destination: `C0123ABC`, `<team>/<channel>`, `chats/<chat>`, the name of a webhook, the id of a space; an incident's id. */
  path: string;
  /** Slack's `ts`, Graph's message id; for webhooks, which return no id, a number of the sandbox's own. */
  id: string;
  /** The text, without mark-up where the platform separates them (Graph HTML, Adaptive Cards). */
  text: string;
  /** The delivery id, where the post carries one. */
  deliveryId?: string;
  /** Milliseconds since the epoch. */
  postedAt: number;
  /** Milliseconds since the epoch; absent while the post is as it was first shown. */
  editedAt?: number;
  /** The post that this one answers. */
  replyTo?: string;
  /** Whether an answer is shown in the channel, too. */
  broadcast?: true;
  /** The person who posted it; absent where the account did. */
  author?: string;
  /** Milliseconds since the epoch. A deleted post that has answers keeps its place, without its content. */
  deletedAt?: number;
  /** What was shown before each edit, oldest first. */
  earlier?: EarlierText[];
  /** The post in its platform's own form, as far as it was accepted. */
  content: PostContent;
}

/** The text of a post until it was edited. */
export interface EarlierText {
  text: string;
  /** Milliseconds since the epoch. */
  until: number;
}

export type PostContent =
  | SlackContent
  | GraphContent
  | CardContent
  | ChatContent
  | ReceivedContent
  | NoteContent
  | ShownContent;

export interface SlackContent {
  kind: 'slack';
  text: string;
  blocks?: Record<string, unknown>[];
  attachments?: Record<string, unknown>[];
  metadata?: { event_type: string; event_payload: Record<string, unknown> };
  username?: string;
}

export interface GraphContent {
  kind: 'graph';
  /** Sanitised where it is HTML. */
  body: { contentType: 'text' | 'html'; content: string };
  subject: string | null;
  importance: 'normal' | 'high' | 'urgent';
  attachments: unknown[];
  /** Those that the HTML has elements for. */
  mentions?: { id: number; mentionText: string; mentioned: object }[];
}

/** What a receiver of webhooks was sent. */
export interface ReceivedContent extends Received {
  kind: 'received';
}

export interface CardContent {
  kind: 'card';
  /** The Adaptive Card. */
  card: Record<string, unknown>;
}

export interface ChatContent {
  kind: 'chat';
  text: string;
  cardsV2?: ChatCards;
  /** The id of its thread. */
  thread: string;
  /** The app's own name for the thread. */
  threadKey?: string;
  clientAssignedMessageId?: string;
  requestId?: string;
  sender: 'app' | 'webhook';
}

export interface NoteContent {
  kind: 'note';
  text: string;
  /** The e-mail address of the user whose note it is. */
  from: string;
}

/** What a platform's own folder has read from what was sent, so that the page need not know the platform's form. */
export interface ShownContent {
  kind: 'shown';
  lines: ShownLine[];
  /** As the platform accepted it. */
  sent: Record<string, unknown>;
}

/** One post. */
export interface PostAddress {
  platform: SandboxPlatform;
  path: string;
  id: string;
}

export interface PostFilter {
  platform?: SandboxPlatform | undefined;
  path?: string | undefined;
}

type JournalEntry =
  | { event: 'posted'; post: SandboxPost }
  | { event: 'edited'; post: SandboxPost }
  /** `at` is absent from the journals of earlier releases. */
  | { event: 'deleted'; platform: SandboxPlatform; path: string; id: string; at?: number };

const channelKey = (platform: SandboxPlatform, path: string): string => `${platform}:${path}`;

/**
 * All visible posts, oldest first. With a file, every change is passed to the operating system before the platform's answer
 * is sent, so that it survives a crash of the process (not of the machine).
 */
export class PostStore {
  readonly #channels = new Map<string, SandboxPost[]>();
  readonly #all = new Set<SandboxPost>();
  #journal: number | undefined;
  readonly #onChange: () => void;
  #newestId = 0;

  /** @throws Error when the file can't be opened, or is not a journal of the sandbox. */
  constructor(file: string | undefined, onChange: () => void) {
    this.#onChange = onChange;
    if (file === undefined) return;
    this.#journal = openSync(file, 'a+', 0o600);
    this.#replay(file, readFileSync(file, 'utf8'));
  }

  /** A number greater than any returned before: the microseconds since the epoch, or the next free one. */
  nextId(): number {
    this.#newestId = Math.max(Date.now() * 1000, this.#newestId + 1);
    return this.#newestId;
  }

  add(post: SandboxPost): SandboxPost {
    this.#write({ event: 'posted', post });
    this.#insert(post);
    this.#onChange();
    return post;
  }

  /** Changes a post in its place. */
  edit(post: SandboxPost, changes: Partial<SandboxPost>): void {
    const changed = { ...post, ...changes, editedAt: Date.now() };
    delete changed.earlier;
    this.#write({ event: 'edited', post: changed });
    change(post, changed);
    this.#onChange();
  }

  /** Removes a post. One that has answers leaves its place. */
  remove(post: SandboxPost): void {
    const { platform, path, id } = post;
    this.#write({ event: 'deleted', platform, path, id, at: Date.now() });
    this.#delete(post, Date.now());
    this.#onChange();
  }

  /** The posts of one channel, oldest first, with those that are deleted and have answers. */
  of(platform: SandboxPlatform, path: string): readonly SandboxPost[] {
    return this.#channels.get(channelKey(platform, path)) ?? [];
  }

  /** With those that are deleted and have answers. */
  find(platform: SandboxPlatform, path: string, id: string): SandboxPost | undefined {
    return this.of(platform, path).find((post) => post.id === id);
  }

  /** The answers to a post, oldest first. */
  answersTo({ id, path, platform }: SandboxPost): SandboxPost[] {
    return this.of(platform, path).filter(({ replyTo }) => replyTo === id);
  }

  /** How many answers each post of a post's channel has, by its id. */
  answerCounts(post: SandboxPost | undefined): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { replyTo } of post ? this.of(post.platform, post.path) : []) {
      if (replyTo !== undefined) counts.set(replyTo, (counts.get(replyTo) ?? 0) + 1);
    }
    return counts;
  }

  select({ platform, path }: PostFilter = {}): SandboxPost[] {
    const candidates =
      platform !== undefined && path !== undefined ? this.of(platform, path) : [...this.#all];
    return candidates
      .filter(
        (post) =>
          post.deletedAt === undefined &&
          (platform === undefined || post.platform === platform) &&
          (path === undefined || post.path === path),
      )
      .map((post) => ({ ...post }));
  }

  /** Every place that has posts. */
  places(): { platform: SandboxPlatform; path: string }[] {
    return [...this.#channels.values()].flatMap(([first]) =>
      first ? [{ platform: first.platform, path: first.path }] : [],
    );
  }

  clear(): void {
    this.#channels.clear();
    this.#all.clear();
    if (this.#journal !== undefined) ftruncateSync(this.#journal, 0);
    this.#onChange();
  }

  close(): void {
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#journal = undefined;
  }

  #insert(post: SandboxPost): void {
    const key = channelKey(post.platform, post.path);
    const channel = this.#channels.get(key);
    if (channel) channel.push(post);
    else this.#channels.set(key, [post]);
    this.#all.add(post);
  }

  #delete(post: SandboxPost, at: number): void {
    if (this.answersTo(post).length === 0) this.#drop(post);
    else post.deletedAt = at;
  }

  #drop(post: SandboxPost): void {
    const channel = this.#channels.get(channelKey(post.platform, post.path));
    channel?.splice(channel.indexOf(post), 1);
    this.#all.delete(post);
  }

  /** @throws Error when the disk is full. The beginning of a line, which such a disk may take, is removed. */
  #write(entry: JournalEntry): void {
    if (this.#journal === undefined) return;
    const { size } = fstatSync(this.#journal);
    try {
      appendFileSync(this.#journal, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      ftruncateSync(this.#journal, size);
      throw error;
    }
  }

  /** Drops an incomplete last line: the process died while writing it, before the answer was sent. */
  #replay(file: string, text: string): void {
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    if (this.#journal !== undefined && complete.length < text.length) {
      ftruncateSync(this.#journal, Buffer.byteLength(complete));
    }
    complete
      .split('\n')
      .slice(0, -1)
      .forEach((line, index) => {
        try {
          this.#apply(JSON.parse(line) as JournalEntry);
        } catch (cause) {
          throw new Error(
            `Line ${index + 1} of ${file} is not a line of the sandbox's journal: name another file or delete this one.`,
            { cause },
          );
        }
      });
  }

  #apply(entry: JournalEntry): void {
    switch (entry.event) {
      case 'posted':
        this.#insert(entry.post);
        this.#newestId = Math.max(this.#newestId, entry.post.postedAt * 1000 + 1000);
        return;
      case 'edited': {
        const { platform, path, id } = entry.post;
        const post = this.find(platform, path, id);
        if (post) change(post, entry.post);
        return;
      }
      case 'deleted': {
        const post = this.find(entry.platform, entry.path, entry.id);
        if (post) this.#delete(post, entry.at ?? post.postedAt);
      }
    }
  }
}

/** So that a load test's edits of one post don't fill the memory. */
const EARLIER_TEXTS_KEPT = 1_000;

function change(post: SandboxPost, changed: SandboxPost): void {
  const until = changed.editedAt ?? post.postedAt;
  const earlier = [...(post.earlier ?? []), { text: post.text, until }].slice(-EARLIER_TEXTS_KEPT);
  Object.assign(post, changed, { earlier });
}

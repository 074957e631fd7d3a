/** How often a long text is parsed, which takes milliseconds in which its process does nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import MarkdownItConstructor, { type MarkdownIt } from 'markdown-it';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  vi,
  type MockInstance,
} from 'vitest';
import { parseDocument } from '../../src/destinations/document/parseDocument.js';
import { renderForTeams } from '../../src/destinations/teams/render.js';
import { slackPosts } from '../../src/destinations/slack/posts.js';
import { messageToShow } from './destinations/messageToShow.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

const TEAM = '0a1b2c3d-0000-4000-8000-000000000001';
const channel = (number: number) => `teams:default/${TEAM}/19:channel-${number}@thread.tacv2`;
const ROUTES = 20;
const FALLBACKS = 5;
/** Each with channels of its own. */
const routes = Array.from({ length: ROUTES }, (_, route) => {
  const [destination, ...fallback] = Array.from({ length: 1 + FALLBACKS }, (_each, place) =>
    channel(route * (1 + FALLBACKS) + place),
  );
  return { destination, fallback };
});

let texts = 0;
/** 6,000 characters of Markdown that no other test has: several parts, on Slack. */
const newText = () =>
  `- **text ${(texts += 1)}**: \`/var\` is [in use](https://example.com)\n`.repeat(100);

let directory: string;
let intake: IntakeApi;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sendproof-parsed-'));
  const file = join(directory, 'sendproof.yaml');
  const to = (route: (typeof routes)[0]) => ({ to: [route], continue: true });
  const settings = { routes: routes.map((route, index) => ({ name: `r${index}`, ...to(route) })) };
  writeFileSync(file, JSON.stringify(settings));
  intake = await startIntakeApi({ SENDPROOF_CONFIG: file, GRAPH_ACCESS_TOKEN: 'unused' });
});
afterAll(async () => {
  await intake.close();
  rmSync(directory, { recursive: true });
});

let parse: MockInstance<MarkdownIt['parse']>;
beforeEach(() => {
  intake.starts.length = 0;
  parse = vi.spyOn(MarkdownItConstructor.prototype, 'parse');
});
afterEach(() => {
  parse.mockRestore();
});

async function post(path: string, body: object): Promise<number> {
  const { status } = await fetch(`${intake.api.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return status;
}

it(`a long text is not parsed where a message is accepted for ${ROUTES} channels with ${FALLBACKS} fallbacks each`, async () => {
  const message = { destinations: routes, content: { text: newText() } };
  expect(await post('/v1/messages', { deduplicationKey: 'wide', ...message })).toBe(202);
  expect(intake.starts).toHaveLength(1);
  expect(parse).not.toHaveBeenCalled();
});

describe('a long text is parsed once', () => {
  it(`where ${ROUTES} routes take an event`, async () => {
    const event = {
      key: 'e',
      source: 'ci',
      title: 'Disk full',
      text: newText(),
      state: 'triggered',
    };
    expect(await post('/v1/events', event)).toBe(202);
    expect(intake.starts).toHaveLength(ROUTES);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  it('where it is laid out and posted at several destinations, on all platforms', () => {
    const show = messageToShow({ text: newText() });
    const posts = routes
      .slice(0, 3)
      .map(() => [renderForTeams(show, 'x').html, slackPosts(show, 'parts').posts]);
    expect(new Set(posts.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(parse).toHaveBeenCalledTimes(1);
  });

  it('and again once five others were', () => {
    const all = Array.from({ length: 6 }, newText);
    for (const text of all) parseDocument(text);
    for (const text of all.slice(1)) parseDocument(text);
    expect(parse).toHaveBeenCalledTimes(6);
    parseDocument(all[0] ?? '');
    expect(parse).toHaveBeenCalledTimes(7);
  });

  it('as what it is, however often', () => {
    const text = newText();
    const first = structuredClone(parseDocument(text));
    slackPosts(messageToShow({ text }), 'shorten');
    renderForTeams(messageToShow({ text }), 'x');
    expect(parseDocument(text)).toEqual(first);
    expect(parseDocument(`${text}.`)).not.toEqual(first);
  });
});

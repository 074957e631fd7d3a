/** What happens when Slack refuses the blocks of a post. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultOf } from '../../../src/activities/plannedPost.js';
import type { DestinationAdapter } from '../../../src/destinations/destination.js';
import { describeProblems } from '../../../src/destinations/slack/blockProblems.js';
import { plainPostOf, plainTextOf } from '../../../src/destinations/slack/plainText.js';
import { slack } from '../../../src/destinations/slack/platform.js';
import { slackPosts } from '../../../src/destinations/slack/posts.js';
import type { Receipt } from '../../../src/domain/delivery.js';
import { examplePost, rejection, SECRET } from './contract.js';
import { messageToShow } from './messageToShow.js';
import { answering, ScriptedServer } from './scriptedServer.js';

/** Slack cuts longer text into several messages. */
const SPLIT_AT = 4_000;

const POSTED = { ok: true, channel: 'C0123ABC', ts: '1763971200.000100' };
const TOO_LONG = 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]';
const post = examplePost('C0123ABC');

let server: ScriptedServer;
let adapter: DestinationAdapter;
beforeEach(async () => {
  server = new ScriptedServer();
  await server.start();
  process.env.SLACK_BLOCKS_TOKEN = `token-${SECRET}`;
  const token = { env: 'SLACK_BLOCKS_TOKEN' };
  adapter = slack.createAdapter(slack.accountSchema.parse({ token, apiUrl: `${server.url}/api/` }));
});
afterEach(() => server.stop());

const posts = () =>
  server.requests
    .filter(({ path }) => path === '/api/chat.postMessage')
    .map(({ body }) => new URLSearchParams(body));

/** Answers posts with blocks with this, and posts without any with that. */
function answerPosts(withBlocks: object, without: object): void {
  server.script = (socket, request) => {
    const hasBlocks = new URLSearchParams(request.body).has('blocks');
    const isPost = request.path === '/api/chat.postMessage';
    const body = isPost ? (hasBlocks ? withBlocks : without) : { ok: true };
    answering(200, JSON.stringify(body))(socket, request);
  };
}

describe('a post whose blocks Slack refuses', () => {
  it.each([
    ['invalid_blocks', 'Slack answered invalid_blocks (too long: /blocks/0/text/text).'],
    [
      'invalid_blocks_format',
      'Slack answered invalid_blocks_format (too long: /blocks/0/text/text).',
    ],
    ['msg_blocks_too_long', 'Slack answered msg_blocks_too_long (too long: /blocks/0/text/text).'],
  ])(
    'is posted once more as plain text (%s), and the receipt says why',
    async (error, plainText) => {
      answerPosts({ ok: false, error, errors: [TOO_LONG] }, POSTED);
      expect(await adapter.post(post)).toMatchObject({ messageId: POSTED.ts, plainText });
      const [first, second, ...others] = posts();
      expect(others).toEqual([]);
      expect(second?.get('text')).toContain(post.content.text);
      expect(second?.get('text')).toContain('Disk full');
      expect(second?.get('text')).toContain('pagerduty · 55');
      for (const field of ['channel', 'metadata', 'parse', 'link_names', 'unfurl_links']) {
        expect(second?.get(field)).toBe(first?.get(field));
      }
    },
  );

  it.each([
    ['msg_too_long', 'permanent content_rejected'],
    ['invalid_blocks', 'permanent content_rejected'],
    ['ratelimited', 'transient rate_limited'],
    ['internal_error', 'ambiguous platform_unavailable'],
  ])('ends as the plain text does: %s is %s', async (error, expected) => {
    answerPosts({ ok: false, error: 'invalid_blocks' }, { ok: false, error });
    const failure = await rejection(adapter.post(post));
    expect(`${failure.outcome} ${failure.reason}`).toBe(expected);
    expect(posts()).toHaveLength(2);
  });

  it.each(['msg_too_long', 'no_text', 'is_archived', 'internal_error', 'fatal_error'])(
    'is the only one that is posted again: %s is not',
    async (error) => {
      answerPosts({ ok: false, error }, POSTED);
      await rejection(adapter.post(post));
      expect(posts()).toHaveLength(1);
    },
  );
});

describe('a long post whose blocks Slack refuses', () => {
  const words = Array.from({ length: 3_000 }, (_, index) => `word${index}`);
  const long = { ...post, content: { text: words.join(' ') } };

  it('is one post of plain text, which says that it is shortened, as the receipt does', async () => {
    answerPosts({ ok: false, error: 'invalid_blocks' }, POSTED);
    const receipt = await adapter.post({ ...long, inParts: 'never' });
    const [, text = ''] = posts().map((each) => each.get('text') ?? '');
    expect(posts()).toHaveLength(2);
    expect(text.length).toBeGreaterThan(3_000);
    expect(text.length).toBeLessThanOrEqual(SPLIT_AT);
    const { of, shown } = receipt.shortened ?? { of: 0, shown: 0 };
    expect(of).toBe(long.content.text.length);
    expect(shown).toBeLessThan(text.length);
    const said = /shortened: ([\d,]+) of ([\d,]+) characters are shown/.exec(text) ?? [];
    expect(said.slice(1)).toEqual([shown.toLocaleString('en'), of.toLocaleString('en')]);
  });

  it('counts what each part leaves out, and no part twice', async () => {
    answerPosts({ ok: false, error: 'invalid_blocks' }, POSTED);
    const { parts } = adapter.layout({ ...long, inParts: 'always' });
    let first: Receipt | undefined;
    let leftOut = 0;
    for (let number = 1; number <= parts; number += 1) {
      const part = { number, of: parts, first };
      const receipt = await adapter.post({ ...long, inParts: 'always', part });
      const { of = 0, shown = 0 } = receipt.shortened ?? {};
      leftOut += of - shown;
      const plan = { message: { ...long, inParts: 'always' }, part, shortened: undefined } as const;
      first = resultOf(receipt, plan, []).receipt;
    }
    const of = long.content.text.length;
    expect(parts).toBeGreaterThan(1);
    expect(first?.shortened).toEqual({ of, shown: of - leftOut });
  });

  it('fits into one post, whatever is in it, and keeps its entities whole', () => {
    const unit = fc.constantFrom('&', '<', '*', '👩🏽‍🚒', 'word ', '[a](https://x.example/&) ', '\n\n');
    const text = fc.array(unit, { minLength: 1, maxLength: 40 });
    const times = fc.constantFrom(1, 20, 150);
    const taken = fc.constantFrom(0, 400);
    fc.assert(
      fc.property(text, times, fc.boolean(), taken, (units, count, isLong, before) => {
        const around = isLong
          ? {
              title: '&'.repeat(1_000),
              from: { source: '&'.repeat(255), reference: '<'.repeat(255) },
            }
          : { title: 'Disk full', from: { source: 'pagerduty' } };
        const content = { title: around.title, text: `x${units.join('').repeat(count)}` };
        const message = messageToShow(content, around.from);
        for (const { blocks } of slackPosts(message, 'parts').posts) {
          const plain = plainPostOf(blocks, message, undefined, before);
          expect(plain.text.length + before).toBeLessThanOrEqual(SPLIT_AT);
          expect(plain.text).not.toMatch(/&(?!(?:amp|lt|gt|quot);)/);
          const whole = plainTextOf(blocks);
          if (whole.length + before <= SPLIT_AT) expect(plain).toEqual({ text: whole });
          else expect(plain.text).toContain('shortened: ');
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe('the problems that Slack names', () => {
  it.each([
    [{ errors: [TOO_LONG] }, 'too long: /blocks/0/text/text'],
    [
      { response_metadata: { messages: [`[ERROR] ${TOO_LONG}`] }, errors: [TOO_LONG] },
      'too long: /blocks/0/text/text',
    ],
    [
      {
        errors: [
          'must be more than 0 characters [json-pointer:/blocks/1/text]',
          'missing required field: elements [json-pointer:/blocks/2]',
          'invalid additional property: colour [json-pointer:/blocks/3]',
          'must provide a string [json-pointer:/blocks/4/text/text]',
        ],
      },
      'empty or too short: /blocks/1/text; missing: /blocks/2; not allowed: /blocks/3; of the wrong type: /blocks/4/text/text',
    ],
    [{ errors: ['no good [json-pointer:/blocks/0]'] }, 'not valid: /blocks/0'],
    [{ errors: ['unsupported type: banner'] }, 'not allowed'],
    [{ errors: ['something else'] }, undefined],
    [{ errors: 'all of it' }, undefined],
    [{ response_metadata: null }, undefined],
    [{ response_metadata: { messages: [5, null] } }, undefined],
    [{}, undefined],
  ])('in %j are %j', (answer, described) => {
    expect(describeProblems(answer)).toBe(described);
  });

  it('are said without a word of the message, and shortly', () => {
    const words = fc.stringMatching(/^[A-Z]{4,20}$/);
    fc.assert(
      fc.property(
        words,
        fc.array(fc.constantFrom('x', 'must be less than', 'missing')),
        (word, more) => {
          const errors = more.flatMap((text) => [
            `${text} "${word}" [json-pointer:/blocks/0/text]`,
            `${text} ${word} [json-pointer:/${word} ${word}]`,
            `${word}: ${text}`,
          ]);
          const described = describeProblems({ errors }) ?? '';
          expect(described).not.toContain(word);
          expect(described.length).toBeLessThan(500);
        },
      ),
    );
  });
});

describe('the plain text of blocks', () => {
  it('has every word, and the addresses of all links', () => {
    const word = fc.stringMatching(/^[a-z]{3,12}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 6 }),
        (words, form) => {
          const forms = [
            words.join(' '),
            words.map((each) => `- **${each}**`).join('\n'),
            words.map((each) => `[${each}](https://example.com/${each})`).join(' '),
            `\`\`\`\n${words.join('\n')}\n\`\`\``,
            `> ${words.join(' ')}`,
            `| ${words.join(' | ')} |\n|${words.map(() => '-').join('|')}|\n`,
            words.map((each) => `# ${each}`).join('\n\n'),
          ];
          const text = forms[form] ?? '';
          const message = messageToShow(
            { text, title: 'Heading', severity: 'critical' },
            { source: 'origin', reference: '55', url: 'https://example.com/incident' },
          );
          const blocks = slackPosts(message, 'parts').posts[0]?.blocks ?? [];
          const plain = plainTextOf(blocks);
          for (const each of [...words, 'Heading', 'origin', 'https://example.com/incident']) {
            expect(plain).toContain(each);
          }
          if (form === 2) expect(plain).toContain(`https://example.com/${words[0]}`);
        },
      ),
    );
  });
});

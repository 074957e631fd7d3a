/** Whatever key is accepted, the links that the API answers with lead to its message. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conversationPagePath } from '../../src/domain/messagePage.js';
import { conversationSchema, deduplicationKeySchema } from '../../src/domain/message.js';
import { batchLinks, messageLinks } from '../../src/api/schema/paths.js';
import { OPS, startIntakeApi, type IntakeApi } from './intakeApi.js';

/** What means something in a URL, or looks as if it did. */
const UNITS = [
  ...['.', '..', '/', '\\', '?', '#', '%', '%2e', '%2F', '%25', '&', '=', ';', '+', ':', '@', ' '],
  ...['~', "'", '"', '(', '|', '<', 'a', 'Z', '0', 'ä', '部', '😀', '⚠️', 'timeline', 'retry'],
];
const anyKey = fc
  .array(fc.oneof(fc.constantFrom(...UNITS), fc.string({ unit: 'grapheme', maxLength: 3 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((units) => units.join(''));
const key = anyKey.filter((each) => deduplicationKeySchema.safeParse(each).success);
const basePath = fc.constantFrom('', '/sendproof', '/tools/sendproof');

/** As every client reads a link: by the rules of URLs, which take `.` and `..` for steps. */
const pathOf = (link: string) => new URL(link, 'https://sendproof.example').pathname;

describe('a link', () => {
  it('has the whole key in one step of its path', () => {
    fc.assert(
      fc.property(key, basePath, (each, base) => {
        const { page, self, timeline } = messageLinks(each, base);
        const batch = batchLinks(each, 'trace', base);
        const conversation = base + conversationPagePath(each);
        for (const [link, before, after] of [
          [self, '/v1/messages/', ''],
          [timeline, '/v1/messages/', '/timeline'],
          [page, '/messages/', ''],
          [batch.self, '/v1/batches/', ''],
          [batch.page, '/batches/', ''],
          [conversation, '/conversations/', ''],
        ] as const) {
          const path = pathOf(link);
          expect(path.startsWith(base + before)).toBe(true);
          expect(path.endsWith(after)).toBe(true);
          const step = path.slice((base + before).length, path.length - after.length);
          expect(step).not.toContain('/');
          expect(decodeURIComponent(step)).toBe(each);
        }
      }),
      {
        numRuns: 300,
        examples: [
          ['...', ''],
          ['a/..', ''],
          ['../a', ''],
          ['%2e%2e', ''],
        ],
      },
    );
  });
});

describe('a message', () => {
  let intake: IntakeApi;
  beforeAll(async () => {
    intake = await startIntakeApi();
  });
  afterAll(() => intake.close());
  afterEach(() => {
    intake.starts.length = 0;
    intake.calls.length = 0;
  });

  async function send(deduplicationKey: string): Promise<Response> {
    return await fetch(`${intake.api.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deduplicationKey, destinations: [OPS], content: { text: 'x' } }),
    });
  }

  /** The ids of the workflows that Temporal is asked about. */
  async function askedFor(link: string): Promise<unknown[]> {
    intake.calls.length = 0;
    await (await fetch(new URL(link, intake.api.url))).arrayBuffer();
    return intake.calls.flatMap(({ request }) => {
      const { execution, workflowExecution } = request as Record<string, { workflowId?: unknown }>;
      return (execution ?? workflowExecution)?.workflowId ?? [];
    });
  }

  it('is found by the links of the answer, whatever its key', async () => {
    await fc.assert(
      fc.asyncProperty(key, async (each) => {
        const answer = await send(each);
        expect(answer.status).toBe(202);
        const { links } = (await answer.json()) as { links: Record<string, string> };
        expect(answer.headers.get('location')).toBe(links.self);
        for (const link of Object.values(links)) expect(await askedFor(link)).toContain(each);
      }),
      { numRuns: 50, examples: [['...'], ['a/..'], ['../a'], ['%2e%2e'], ['.a']] },
    );
  });

  it.each(['.', '..'])('has no key that is a step in a path: %s', async (each) => {
    const answer = await send(each);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [
        {
          field: 'deduplicationKey',
          detail: expect.stringContaining('must not be . or ..') as string,
        },
      ],
    });
    expect(intake.calls).toEqual([]);
    expect(conversationSchema.safeParse({ key: each }).success).toBe(false);
  });
});

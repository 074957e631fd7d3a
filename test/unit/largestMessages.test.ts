/** What one platform would cut is accepted for all of them: each shows as much as it can, and says so. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

const DESTINATIONS = [
  'slack:default/C0123ABC',
  'teams:default/chats/19:oncall@thread.v2',
  'teams-webhook:default/default',
  'discord-webhook:default/default',
];
const LARGEST_TEXT_BYTES = 128 * 1024;
const LONGEST_TITLE = 1_000;

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi({
    GRAPH_ACCESS_TOKEN: 'unused',
    TEAMS_WEBHOOK_URL: 'https://hooks.example.com/one',
    DISCORD_WEBHOOK_URL: 'https://discord.com/api/webhooks/1187654321098765432/unused',
  });
});
afterAll(() => intake.close());

async function send(content: object): Promise<{ status: number; fields: string[] }> {
  const message = { deduplicationKey: 'large', destinations: DESTINATIONS, content };
  const answer = await fetch(`${intake.api.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  const { errors = [] } = (await answer.json()) as { errors?: { field: string }[] };
  return { status: answer.status, fields: errors.map(({ field }) => field) };
}

it.each([
  ['a title of 200 characters', { text: 'x', title: 'y'.repeat(200) }],
  ['the longest title', { text: 'x', title: '&'.repeat(LONGEST_TITLE) }],
  ['30 KB of text', { text: 'x'.repeat(30_000) }],
  ['the largest text', { text: '&'.repeat(LARGEST_TEXT_BYTES), title: 'y' }],
  ['the largest text in Chinese', { text: '部'.repeat(Math.floor(LARGEST_TEXT_BYTES / 3)) }],
])('%s is accepted for all platforms at once', async (_words, content) => {
  expect(await send(content)).toEqual({ status: 202, fields: [] });
});

it.each([
  ['content.title', { text: 'x', title: 'y'.repeat(LONGEST_TITLE + 1) }],
  ['content.text', { text: 'x'.repeat(LARGEST_TEXT_BYTES + 1) }],
  ['content.text', { text: '部'.repeat(Math.ceil(LARGEST_TEXT_BYTES / 3)) }],
])('more is a 400 that names %s', async (field, content) => {
  expect(await send(content)).toEqual({ status: 400, fields: [field] });
});

/** What a list says that a message is about. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startIntakeApi, OPS } from './intakeApi.js';
import { messageTitle } from '../../src/acceptance/messageTitle.js';

it.each<[string, { text: string; title?: string }, string | undefined]>([
  ['its title', { title: 'Disk full', text: 'x' }, 'Disk full'],
  [
    'without a title the first line',
    { text: '**Disk full** on `db-1`\nmore' },
    'Disk full on db-1',
  ],
  ['a heading', { text: '\r\n## Deploy 7\r\ndone' }, 'Deploy 7'],
  ['a list', { text: '- one\n- two' }, 'one'],
  ['no rule', { text: '---\nafter' }, 'after'],
  ['names with underscores', { text: 'on_call is late' }, 'on_call is late'],
  ['emoji alone', { text: '🔥' }, '🔥'],
  ['nothing of blanks', { text: ' \n\t', title: ' ' }, undefined],
])('%s', (_, content, expected) => {
  expect(messageTitle(content)).toBe(expected);
});

it('is one short line of whatever text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.option(fc.string()), (text, title) => {
      const line = messageTitle({ text, ...(title !== null && { title }) });
      expect(line ?? 'x').not.toMatch(/[\r\n]/);
      expect((line ?? '').length).toBeLessThanOrEqual(120);
    }),
  );
});

it('is kept in the memo of the message, where lists find it', async () => {
  const intake = await startIntakeApi();
  await fetch(new URL('/v1/messages', intake.api.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ deduplicationKey: 'k', destinations: [OPS] },
      content: { title: 'Disk full', text: 'x' },
    }),
  });
  await intake.close();
  const { data } = intake.starts[0]?.memo?.fields?.title ?? {};
  expect(JSON.parse(Buffer.from(data ?? []).toString())).toBe('Disk full');
});

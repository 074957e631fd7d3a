/** Texts of spaces, which strangers may send: none may keep a process busy. */
import { expect, it } from 'vitest';
import { webhookFailure } from '../../src/destinations/teams-webhook/failures.js';
import type { SourceEvent } from '../../src/domain/event.js';
import { withoutSpacesAround } from '../../src/lib/text.js';
import { mrkdwnToMarkdown } from '../../src/sources/slack-webhook/mrkdwn.js';
import { parseWebhook } from '../../src/sources/slack-webhook/parse.js';
import { compileTemplate } from '../../src/templates/template.js';
import { expectProcessorMsBelow } from '../processorTime.js';

const SPACES = `a${' '.repeat(100_000)}b`;

const styled = {
  type: 'rich_text',
  elements: [
    {
      type: 'rich_text_section',
      elements: [{ type: 'text', text: SPACES, style: { bold: true } }],
    },
  ],
};

const EVENT: SourceEvent = {
  key: 'k',
  source: 'pagerduty',
  state: 'triggered',
  occurredAt: '2026-11-23T12:00:00.000Z',
  title: 'Disk full',
  text: SPACES,
  labels: {},
  raw: {},
};

it.each<[string, () => unknown]>([
  ['in a template', () => compileTemplate('t', { text: '{{ event.text }}' }).render(EVENT)],
  ['in Slack’s markup', () => mrkdwnToMarkdown(`*${SPACES}*`)],
  ['in Slack’s blocks', () => parseWebhook({ blocks: [styled] }, { key: 'k', mayMention: false })],
  [
    'in the answer of a Teams webhook',
    () =>
      webhookFailure({ status: 200, headers: {}, body: SPACES.slice(1), retryAfterMs: undefined }),
  ],
])('%s take a moment', (_where, work) => {
  expectProcessorMsBelow(1_000, () => void work());
});

it.each([
  ['', { before: '', inner: '', after: '' }],
  [' \n', { before: ' \n', inner: '', after: '' }],
  ['a', { before: '', inner: 'a', after: '' }],
  ['\u00A0 a\n b\t', { before: '\u00A0 ', inner: 'a\n b', after: '\t' }],
])('%j has spaces around it', (text, parts) => {
  expect(withoutSpacesAround(text)).toEqual(parts);
});

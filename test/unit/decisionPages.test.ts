/** The progress and the results of decisions, as HTML. */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { DecidedPage, DecisionProgressPage } from '../../src/api/pages/decisionPages.js';

const textOf = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

const OPS = 'slack:default/C0123ABC';
const AT = '2026-11-25T12:00:00.000Z';
const progress = (done: boolean) => ({
  ...{ id: 'd', action: 'retry' as const, by: 'Ana', reason: 'fixed', requestedAt: AT },
  ...{ filter: {}, done, pending: 0, decided: 40 },
  destinations: [
    {
      destination: OPS,
      decided: 40,
      ...(done && { finishedAt: AT }),
    },
  ],
});

describe('the progress', () => {
  it('is loaded again without a script while it goes on', () => {
    const page = h(DecisionProgressPage, {
      ...{ progress: progress(false), signedIn: true, total: 200 },
      names: { [OPS]: 'Operations' },
    });
    const html = renderToString(page);
    expect(html).toContain('<noscript><meta http-equiv="refresh" content="2"');
    expect(html).toMatch(/<progress max="200" value="40" aria-label="Progress"/);
    expect(textOf(renderToString(page))).toContain('Under way: 40 of 200 sent again.');
    expect(html).toContain(`Operations (${OPS})`);
  });

  it('ends', () => {
    const page = h(DecisionProgressPage, {
      ...{ names: {}, progress: progress(true), signedIn: true, total: undefined },
    });
    expect(renderToString(page)).not.toMatch(/http-equiv="refresh"|<progress|data-refresh-ms/);
    expect(textOf(renderToString(page))).toContain('Done: 40 sent again.');
  });
});

it('the results name what was refused, and what has failed again', () => {
  const decided = [
    { key: 'a', status: 'confirmed' as const, refused: undefined },
    { key: 'b', status: 'dead_lettered' as const, refused: undefined },
    { key: 'c', status: undefined, refused: 'It was confirmed.' },
  ];
  const text = textOf(renderToString(h(DecidedPage, { action: 'retry', decided, signedIn: true })));
  expect(text).toContain('2 messages sent again');
  expect(text).toContain('1 message was not decided on');
  expect(text).toContain('1 message has failed again already, and needs another decision.');
  expect(text).toContain('c It was confirmed.');
});

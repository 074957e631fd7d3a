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
const progress = (done: boolean, pending = 0) => ({
  ...{ id: 'd', action: 'retry' as const, by: 'Ana', reason: 'fixed', requestedAt: AT },
  ...{ filter: {}, done: done && pending === 0, pending, decided: 40 },
  destinations: [
    {
      destination: OPS,
      decided: 40,
      ...(done && { finishedAt: AT }),
    },
  ],
});

/** What has a page fetched again. */
const ENDLESS = /http-equiv="refresh"|<progress|data-refresh-ms/;

describe('the progress', () => {
  it('is loaded again without a script while it goes on', () => {
    const page = h(DecisionProgressPage, {
      ...{ isGivenUp: false, progress: progress(false), signedIn: true, total: 200 },
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
      ...{ isGivenUp: false, names: {}, progress: progress(true) },
      ...{ signedIn: true, total: undefined },
    });
    expect(renderToString(page)).not.toMatch(ENDLESS);
    expect(textOf(renderToString(page))).toContain('Done: 40 sent again.');
    expect(textOf(renderToString(page))).not.toContain('accepted');
  });

  it.each([
    [1, '1 destination has'],
    [2, '2 destinations have'],
  ])(
    'says that %i destinations have not accepted the decision, and ends when they are asked no more',
    (pending, have) => {
      const shown = (isGivenUp: boolean, done = true) =>
        renderToString(
          h(DecisionProgressPage, {
            ...{ isGivenUp, names: {}, progress: progress(done, pending) },
            ...{ signedIn: true, total: 41 },
          }),
        );
      expect(shown(false)).toMatch(ENDLESS);
      expect(textOf(shown(false))).toContain('Under way: 40 of 41 sent again.');
      expect(textOf(shown(false))).toContain(`${have} not accepted the decision yet.`);
      expect(shown(true)).not.toMatch(ENDLESS);
      expect(textOf(shown(true))).toContain('Not complete: 40 of 41 sent again.');
      expect(textOf(shown(true))).toContain(
        `${have} not accepted the decision, and it is no longer`,
      );
      expect(textOf(shown(true))).toContain('Make the decision again');
      // The others go on.
      expect(shown(true, false)).toMatch(ENDLESS);
    },
  );

  it('names who claimed to decide beside who did', () => {
    const page = h(DecisionProgressPage, {
      ...{ isGivenUp: false, names: {}, signedIn: true, total: undefined },
      progress: { ...progress(true), by: 'on-call', claimedBy: 'Ada <L>' },
    });
    expect(textOf(renderToString(page))).toContain('Decided by on-call (claimed: Ada &lt;L>) at');
  });
});

describe('the results', () => {
  const decided = [
    { key: 'a', status: 'confirmed' as const, refused: undefined, isUnknown: false },
    { key: 'b', status: 'dead_lettered' as const, refused: undefined, isUnknown: false },
    { key: 'c', status: undefined, refused: 'It was confirmed.', isUnknown: false },
    { key: 'd', status: undefined, refused: undefined, isUnknown: true },
  ];
  const shown = (isFiltered: boolean) =>
    textOf(
      renderToString(
        h(DecidedPage, { ...{ action: 'retry' as const, decided, isFiltered, signedIn: true } }),
      ),
    );

  it('name what was refused, what has failed again, and what is not known', () => {
    const text = shown(false);
    expect(text).toContain('2 messages sent again');
    expect(text).toContain('1 message was not decided on');
    expect(text).toContain('1 message has failed again already, and needs another decision.');
    expect(text).toContain('c It was confirmed.');
    expect(text).toContain('Of 1 message it is not known whether the decision was accepted.');
    expect(text).toContain('d not known: look at the message');
  });

  it('do not call a dead letter that was not meant a new one', () => {
    expect(shown(true)).toContain(
      '1 message has other dead letters or failed again already, and needs another decision.',
    );
  });
});

/** The page of a message, as HTML: what happened, what to do, and what else is known. */
import { h } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { MessagePage } from '../../src/api/pages/messagePage.js';
import { CurrentViewer, type Viewer } from '../../src/api/pages/viewer.js';
import { ReadOnly } from '../../src/api/pages/readOnly.js';
import type { Destination } from '../../src/domain/destination.js';
import type { DeliveryState, MessageState } from '../../src/domain/messageState.js';
import { explainMessage } from '../../src/explanation/message.js';

const NOW = new Date('2026-11-25T12:00:00.000Z');
const OPS = 'slack:default/C0123ABC' as Destination;
const BACKUP = 'slack:default/C0BACK' as Destination;

const VIEWER: Viewer = {
  ...{ person: undefined, mayDecide: true, signOutUrl: undefined },
  ...{ isNameNeeded: true, rememberedName: 'Ana' },
};

const FAILED: DeliveryState = {
  destination: OPS,
  attempts: [
    {
      number: 1,
      startedAt: '2026-11-25T11:00:00.000Z',
      durationMs: 212.4,
      outcome: 'transient',
      reason: 'rate_limited',
      httpStatus: 429,
      platformCode: 'ratelimited',
      retryAfterMs: 2_000,
      nextAttemptInMs: 2_100,
    },
    {
      number: 2,
      startedAt: '2026-11-25T11:00:03.000Z',
      outcome: 'permanent',
      reason: 'not_authorised',
      httpStatus: 200,
      platformCode: 'not_in_channel',
      lookup: 'absent',
    },
  ],
  stage: {
    kind: 'dead_lettered',
    parkedAt: '2026-11-25T11:00:03.500Z',
    reason: 'not_authorised',
    detail: 'not_in_channel',
  },
};

function stateOf(given: Partial<MessageState> = {}): MessageState {
  const deliveries = given.deliveries ?? [FAILED];
  return {
    deduplicationKey: 'pd-55',
    status: 'dead_lettered',
    destinations: deliveries.map(({ destination }) => destination),
    traceId: 'a'.repeat(32),
    acceptedAt: '2026-11-25T10:59:59.000Z',
    deadLetters: deliveries.flatMap(({ destination, stage }) =>
      stage.kind === 'dead_lettered'
        ? [{ destination, reason: 'not_authorised', detail: 'x', at: stage.parkedAt }]
        : [],
    ),
    operatorActions: [],
    deliveries,
    ...given,
  };
}

function render(state: MessageState, viewer: Partial<Viewer> = {}, isReadOnly = false): string {
  const message = {
    state,
    moments: [],
    content: { text: '# Disk full\nmore', title: 'Disk full' },
    correlation: undefined,
    runId: 'r',
  };
  const page = h(MessagePage, {
    ...{ message, timeline: [], webUiUrl: undefined, signedIn: true, now: NOW },
  });
  return renderToString(
    h(ReadOnly.Provider, {
      value: isReadOnly,
      children: h(CurrentViewer.Provider, { value: { ...VIEWER, ...viewer }, children: page }),
    }),
  );
}

const textOf = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the page of a message', () => {
  it('has three parts, under headings of which none is left out', () => {
    const html = render(stateOf());
    const headings = [...html.matchAll(/<h(\d)[^>]*>(.*?)<\/h\1>/gs)].map(
      ([, level, text]) => [Number(level), textOf(text ?? '').trim()] as const,
    );
    expect(headings.filter(([level]) => level === 2).map(([, text]) => text)).toEqual([
      'What happened',
      'What to do',
      'What else is known',
    ]);
    headings.reduce((before, [level]) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    }, 0);
    expect(html).toContain('<title>Disk full · sendproof</title>');
  });

  it('has a table of the attempts', () => {
    const text = textOf(render(stateOf()));
    expect(text).toMatch(
      /1 2026-11-25 11:00:00 UTC 212ms failed, may be repeated 429 ratelimited 2\.1s \(Retry-After: 2s\) –/,
    );
    expect(text).toMatch(
      /2 2026-11-25 11:00:03 UTC – failed for good 200 not_in_channel – found no earlier post/,
    );
  });

  it('asks for a name, and offers the one that this browser had', () => {
    const html = render(stateOf());
    expect(html).toMatch(/<input name="by" value="Ana" autocomplete="name" required/);
    expect(html).toMatch(
      /<form method="post" action="\/messages\/pd-55\/retry" aria-label="Retry"/,
    );
  });

  it('cancels what is open, and nothing that has ended', () => {
    expect(render(stateOf())).toContain('action="/messages/pd-55/cancel"');
    const ended = stateOf({ status: 'cancelled', closedAt: '2026-11-25T11:30:00.000Z' });
    expect(render(ended)).not.toContain('<form method="post" action="/messages');
    expect(textOf(render(ended))).toContain('Nothing: the message has ended.');
  });

  it('reschedules what waits for its time alone', () => {
    const waiting: DeliveryState = { destination: OPS, attempts: [], stage: { kind: 'accepted' } };
    const deliverAt = '2026-11-26T08:30:00+01:00';
    const scheduled = stateOf({ status: 'accepted', deliveries: [waiting], deliverAt });
    const html = render(scheduled);
    expect(html).toContain('action="/messages/pd-55/reschedule"');
    expect(html).toContain('type="datetime-local" name="at" value="2026-11-26T07:30"');
    expect(render(stateOf({ deliverAt }))).not.toContain('/reschedule');
    const due = { ...scheduled, deliverAt: '2026-11-25T11:59:00Z' };
    expect(render(due)).not.toContain('/reschedule');
  });

  it('shows no forms to who may not decide, or came by a signed link', () => {
    for (const html of [
      render(stateOf(), { mayDecide: false }),
      render(stateOf(), { mayDecide: false }, true),
    ]) {
      expect(html).not.toMatch(/action="\/messages\/pd-55\/(?:retry|discard|cancel|reschedule)"/);
    }
  });

  it('says what somebody has just decided, and that it failed again', () => {
    const at = '2026-11-25T11:59:50.000Z';
    const retried = { action: 'retry', at, by: 'Ana' } as const;
    const again = stateOf({ operatorActions: [retried] });
    const [first] = again.deadLetters;
    const failed = first ? [{ ...first, at: '2026-11-25T11:59:51.000Z' }] : [];
    expect(textOf(render({ ...again, deadLetters: failed }))).toContain(
      'Sent again by Ana 10s ago , and it failed again.',
    );
    const longAgo = stateOf({ operatorActions: [{ ...retried, at: '2026-11-25T11:00:00.000Z' }] });
    expect(render(longAgo)).not.toContain('role="status"');
  });

  it('offers the key, the trace and the command to be copied, as text and not as HTML', () => {
    const html = render(stateOf({ deduplicationKey: `a"'<b>` }));
    expect(html).toContain('data-copy="a&quot;\'&lt;b>"');
    expect(html).toContain(`data-copy="${'a'.repeat(32)}"`);
    expect(html).toMatch(/data-copy="sendproof timeline /);
    expect(html).not.toContain('<b>');
  });
});

describe('a fallback', () => {
  const delivered: DeliveryState = {
    destination: BACKUP,
    fallbackFor: OPS,
    attempts: [],
    stage: { kind: 'confirmed', receipt: {} },
  };

  it('is no destination of its own', () => {
    const explanation = explainMessage(stateOf({ deliveries: [FAILED, delivered] }), NOW);
    expect(explanation).toContain(`its fallback ${BACKUP} confirmed it`);
    expect(explanation).not.toMatch(/\d of \d/);
  });

  it('is counted for the destination that it stands in for', () => {
    const other: DeliveryState = {
      destination: 'slack:default/C0THIRD',
      attempts: [],
      stage: { kind: 'confirmed', receipt: {} },
    };
    const explanation = explainMessage(stateOf({ deliveries: [FAILED, delivered, other] }), NOW);
    expect(explanation).toContain(
      '1 of 2 destinations have confirmed it, and 1 through a fallback.',
    );
  });
});

/** The script that keeps the pages up to date, run over a document that has only what the script uses. */
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { LIVE_SCRIPT } from '../../src/api/pages/assets.js';

/** The live parts of a page by their ids, and how often it is to be fetched; undefined: never. */
interface FetchedPage {
  parts: Record<string, string>;
  refreshMs?: string;
  status?: number;
}

interface Field {
  value: string;
  defaultValue: string;
}

function documentOf({ parts, refreshMs }: FetchedPage, fields: readonly Field[] = []) {
  const classes = new Set<string>();
  const live = Object.entries(parts).map(([id, innerHTML]) => ({
    id,
    innerHTML,
    querySelector: () => null,
    querySelectorAll: () => [],
  }));
  return {
    classes,
    live,
    body: {
      dataset: refreshMs === undefined ? {} : { refreshMs },
      classList: {
        add: (name: string) => classes.add(name),
        remove: (name: string) => classes.delete(name),
        toggle: (name: string, isOn: boolean) => (isOn ? classes.add(name) : classes.delete(name)),
      },
    },
    addEventListener: () => undefined,
    querySelector: () => null,
    querySelectorAll: (selector: string) =>
      selector === '[data-live]' ? live : selector.startsWith('input') ? fields : [],
  };
}

const MOST_TURNS = 50;

/**
 * Opens a page, and answers each fetch with the next of `answers`. It ends when the script waits after the last of them, or no
 * longer.
 */
async function openPage(opened: FetchedPage, answers: readonly FetchedPage[], fields?: Field[]) {
  const document = documentOf(opened, fields);
  const rest = [...answers];
  const waits: number[] = [];
  let reloads = 0;
  let fetches = 0;
  let answered: FetchedPage | undefined;
  vm.runInNewContext(LIVE_SCRIPT, {
    document,
    location: { href: 'http://127.0.0.1/', reload: () => (reloads += 1) },
    setTimeout: (resolve: () => void, ms: number) => {
      waits.push(ms);
      if (rest.length > 0) setImmediate(resolve);
    },
    fetch: () => {
      fetches += 1;
      answered = rest.shift();
      if (!answered) return Promise.reject(new Error('no connection'));
      const status = answered.status ?? 200;
      return Promise.resolve({ ok: status < 400, status, text: () => Promise.resolve('') });
    },
    DOMParser: class {
      parseFromString = () => documentOf(answered ?? opened);
    },
  });
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const shown = Object.fromEntries(document.live.map(({ id, innerHTML }) => [id, innerHTML]));
  return { isAway: document.classes.has('away'), fetches, reloads, shown, waits };
}

const EVERY = { refreshMs: '1000' };
const WELL = { ...EVERY, parts: { verdict: 'All is well', outcomes: '5', accounts: 'working' } };
const OUTAGE = { ...EVERY, status: 503, parts: { verdict: 'No answer', accounts: 'not known' } };

describe('the script of the pages', () => {
  it('fetches a page until it ends, and no more', async () => {
    const under = { ...EVERY, parts: { progress: '1 of 2' } };
    const done = { parts: { progress: 'Done' } };
    const result = await openPage(under, [under, done, done, done]);
    expect(result).toMatchObject({ fetches: 2, waits: [1_000, 1_000], shown: done.parts });
  });

  it.each([{}, { refreshMs: '' }, { refreshMs: '0' }, { refreshMs: 'x' }, { refreshMs: '-1' }])(
    'fetches no page with %j',
    async (refresh) => {
      expect(await openPage({ ...refresh, parts: { a: '' } }, [WELL])).toMatchObject({
        ...{ fetches: 0, waits: [] },
      });
    },
  );

  it('shows an outage in an overview that is open, keeps what it had, and recovers without a reload', async () => {
    const outage = await openPage(WELL, [OUTAGE]);
    expect(outage).toMatchObject({
      ...{ isAway: true, reloads: 0 },
      shown: { verdict: 'No answer', outcomes: '5', accounts: 'not known' },
    });
    const over = await openPage(WELL, [OUTAGE, WELL]);
    expect(over).toMatchObject({ isAway: false, reloads: 0, shown: WELL.parts });
  });

  it('loads an overview again that was opened in an outage, once it is over', async () => {
    const during = await openPage(OUTAGE, [OUTAGE, OUTAGE]);
    expect(during).toMatchObject({ reloads: 0, shown: OUTAGE.parts });
    expect(await openPage(OUTAGE, [OUTAGE, WELL])).toMatchObject({ reloads: 1 });
  });

  it('does not load a page again while a form is filled in', async () => {
    const typed = [{ value: 'An', defaultValue: '' }];
    const result = await openPage(OUTAGE, [WELL], typed);
    expect(result).toMatchObject({
      ...{ isAway: false, reloads: 0 },
      shown: { verdict: 'All is well', accounts: 'working' },
    });
    const signedOut = await openPage(WELL, [{ parts: {} }], typed);
    expect(signedOut).toMatchObject({ isAway: true, reloads: 0, shown: WELL.parts });
  });

  it('loads the page again when the session has ended', async () => {
    expect(await openPage(WELL, [{ parts: {} }])).toMatchObject({ reloads: 1 });
  });

  it.each([
    ['an error', { parts: {}, status: 500 }],
    ['an error with parts', { ...WELL, status: 500 }],
    ['a 503 of a proxy', { parts: {}, status: 503 }],
  ])('keeps what it had after %s, and goes on', async (_, answer) => {
    const result = await openPage(WELL, [answer, answer]);
    expect(result).toMatchObject({ isAway: true, fetches: 2, reloads: 0, shown: WELL.parts });
  });
});

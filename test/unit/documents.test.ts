/**
 * The documents: their links lead somewhere, their words are the product's own, the README is short, and each alert has its
 * runbook. Decisions are records of their time, so only their links are checked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const within = (folder: string, ends: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ends.test(name))
    .map((name) => `${folder}/${name}`);

const PAGES = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md'],
  ...within('docs', /\.md$/),
];

/** As GitHub makes them: of headings that are equal, the second ends in `-1`. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#+ (.+)$/gm)) {
    const base = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

function withoutFences(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** The links of a page that lead nowhere. */
function deadLinks(page: string, text: string): string[] {
  const own = anchorsOf(text);
  const links = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:|\{\{/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    if (path === '') return anchor === undefined || !own.has(anchor);
    const target = relative(ROOT, resolve(ROOT, page, '..', path));
    if (!isThere(target)) return true;
    return anchor !== undefined && !anchorsOf(read(target)).has(anchor);
  });
}

function isThere(path: string): boolean {
  try {
    readFileSync(join(ROOT, path));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}

describe('the links of', () => {
  it.each(PAGES)('%s lead to what is there', (page) => {
    expect(deadLinks(page, read(page))).toEqual([]);
  });

  it('are found dead: a file, a heading, a heading of the page itself', () => {
    const text =
      '# A\n\n[b](b.md) [c](README.md#nothing) [d](#e) [a](#a) [web](https://a.example)\n';
    expect(deadLinks('docs/new.md', text)).toEqual(['b.md', 'README.md#nothing', '#e']);
  });
});

it('all documents are reached from docs/README.md', () => {
  const reached = new Set<string>();
  const follow = (page: string): void => {
    if (reached.has(page) || !page.endsWith('.md')) return;
    reached.add(page);
    for (const [, link = ''] of read(page).matchAll(/\]\(([^)\s#]+)/g)) {
      if (!/^[a-z]+:|\{\{/.test(link)) follow(relative(ROOT, resolve(ROOT, page, '..', link)));
    }
  };
  follow('docs/README.md');
  expect(within('docs', /\.md$/).filter((page) => !reached.has(page))).toEqual([]);
});

it('no file names a document that isn’t there', () => {
  const files = [
    ...['src', 'dev', 'bench', 'deploy', '.ci'].flatMap((folder) => within(folder, /\.\w+$/)),
    ...[
      'sendproof.example.yaml',
      'docker-compose.temporal.yml',
      'Dockerfile',
      'package.json',
      'renovate.json',
    ],
  ];
  const missing = files.flatMap((file) =>
    [...read(file).matchAll(/(?<![\w/.-])docs\/[\w/-]+\.md/g)]
      .filter(([path]) => !isThere(path))
      .map(([path]) => `${file}: ${path}`),
  );
  expect(missing).toEqual([]);
});

/** Words that the product doesn't use, and those that it uses instead. */
const WORDS: [pattern: RegExp, instead: string][] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix, resolve; remedy as the noun'],
  [/\b(comes?|came) to (nothing|what|that|be)\b|what (it|they) came to/i, 'result, outcome'],
  [/\b(is|are|was|were|be|been|being) told\b|\bnobody is told\b/i, 'is notified'],
  [/\btell(s|ing)? (the |its |their )?(operators|people|source|sender)\b/i, 'notifies'],
  [/\bwait(s|ed|ing)? for (a person|somebody|someone|you)\b/i, 'needs a decision'],
  [/\bpark(s|ed|ing)?\b(?!\.)/i, 'dead letter, dead-lettered'],
  [/’s sake|'s sake/i, 'because of'],
  [/\bwhat (became|has become) of\b/i, 'outcome, status'],
  [/\bspeaks for all\b/i, 'the first one counts'],
  [/\bits time (was|is) over\b/i, 'expired at'],
  [/\b(house|floor|door|room)s?\b(?!\()/i, 'module, layer, endpoint, space'],
  [/\bplays (Slack|Teams|a platform)\b/i, 'simulates'],
  [/\bat hand\b/i, 'available'],
  [/\bdead man/i, 'the check for overdue messages'],
];

/** Names of code and of other products, in which such a word is right. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/`[^`\n]*`/g, '')
    .replaceAll(/\[[^\]\n]*\]\([^)\n]*decisions\/[^)\n]*\)/g, '')
    .replaceAll(/test\/prove\/\w+/g, '');
}

function wrongWords(text: string): string[] {
  return withoutNames(text)
    .split('\n')
    .flatMap((line, index) =>
      WORDS.flatMap(([pattern, instead]) => {
        const [found] = pattern.exec(line) ?? [];
        return found === undefined ? [] : [`${index + 1}: "${found}" (${instead})`];
      }),
    );
}

describe('the words of', () => {
  const texts = [
    ...PAGES.filter((page) => !page.startsWith('docs/decisions')),
    ...['sendproof.example.yaml', 'docker-compose.temporal.yml', 'deploy/grafana/sendproof.json'],
    ...within('deploy', /\.ya?ml$/),
  ];

  it.each(texts)('%s are those of the glossary', (file) => {
    expect(wrongWords(read(file))).toEqual([]);
  });

  it.each([
    'Retry it once the cause is mended.',
    'It waits for a person.',
    'The operators are told once.',
    'It tells the operators.',
    'Parked messages stay open.',
    'For the account’s sake.',
    'There is room for more.',
  ])('would be refused: %s', (sentence) => {
    expect(wrongWords(sentence)).toHaveLength(1);
  });

  it.each([
    'Recommend it.',
    'Math.floor rounds down.',
    'The `parked` outcome.',
    'It needs a decision.',
  ])('are right: %s', (sentence) => {
    expect(wrongWords(sentence.replace('Math.floor', '`Math.floor`'))).toEqual([]);
  });
});

/** Texts in quotes of a line of code that is no comment: messages, explanations, errors, logs, pages and help. */
function textsIn(code: string): string[] {
  const lines = code.split('\n').filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line));
  const quoted = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
  return [...lines.join('\n').matchAll(quoted)]
    .map(([, one, two, three]) => one ?? two ?? three ?? '')
    .filter((text) => /\w \w/.test(text));
}

/** Texts between the tags of a page. */
function elementTextsIn(file: string): string[] {
  if (!file.endsWith('.tsx')) return [];
  return [...read(file).matchAll(/>([^<>{}=;]*\w \w[^<>{}=;]*)[<{]/g)].map(([, text = '']) => text);
}

it('no text that people see has such a word', () => {
  const found = within('src', /\.tsx?$/).flatMap((file) =>
    [...textsIn(read(file)), ...elementTextsIn(file)].flatMap((text) =>
      wrongWords(text).map((fault) => `${file}: ${fault}`),
    ),
  );
  expect(found).toEqual([]);
  expect(textsIn("const a = 'It is parked now.'; // 'mend it'")).toEqual([
    'It is parked now.',
    'mend it',
  ]);
});

it.each(['README.md', 'docs/tutorial/first-message.md'])(
  '%s installs the tarball of this version',
  (page) => {
    const { name, version } = JSON.parse(read('package.json')) as Record<string, string>;
    expect(read(page)).toContain(`npm install ./${name}-${version}.tgz && npx sendproof start\n`);
  },
);

it('the README has at most 80 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(80);
});

describe('each alert', () => {
  interface Rule {
    alert: string;
    annotations: Record<string, string>;
  }
  const { groups } = parse(read('deploy/prometheus/sendproof.rules.yml')) as {
    groups: { rules: Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const RUNBOOKS = 'docs/how-to/on-call/alerts.md';

  it.each(rules.map(({ alert, annotations }) => ({ alert, annotations })))(
    '$alert names its runbook',
    ({ alert, annotations }) => {
      const address = annotations.runbook_url ?? '';
      expect(address).toMatch(/^https:\/\/docs\.example\.com\/sendproof\//);
      const [path = '', anchor = ''] = address.split('/sendproof/')[1]?.split('#') ?? [];
      expect(`docs/${path}`).toBe(RUNBOOKS);
      expect(anchor).toBe(alert.toLowerCase());
      expect(anchorsOf(read(RUNBOOKS))).toContain(anchor);
    },
  );

  it('and no other has one', () => {
    const runbooks = [...read(RUNBOOKS).matchAll(/^## (Sendproof\w+)$/gm)].map(([, name]) => name);
    expect(runbooks.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });
});

import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slackPosts } from '../../src/destinations/slack/posts.js';
import { messageToShow } from './destinations/messageToShow.js';
import { renderForTeams } from '../../src/destinations/teams/render.js';
import type { Destination } from '../../src/domain/destination.js';
import { commandBlock, commandInCode } from '../../src/lib/markdownCode.js';
import { shellCommand, shellOption, shellWord } from '../../src/lib/shellCommand.js';
import { emptyCounts, countDeadLetter } from '../../src/workflows/deadLetters/deadLetterCounts.js';
import { addToDigest, takeDueNotices } from '../../src/workflows/deadLetters/digest.js';
import { overdueNotice } from '../../src/workflows/message/findOverdue.js';

/** Runs command lines in a shell where each program prints its arguments, and returns those of each line. */
function argumentsOf(...lines: string[]): string[][] {
  const programs =
    'sendproof() { printf "%s\\0" "$@"; printf "\\1"; }\ntemporal() { sendproof "$@"; }\n';
  const output = execFileSync('/bin/sh', ['-c', programs + lines.join('\n')], { encoding: 'utf8' });
  return output
    .split('\u0001')
    .slice(0, -1)
    .map((line) => line.split('\0').slice(0, -1));
}

const HOSTILE = [
  ';touch${IFS}PWNED;',
  "it's",
  '$(id)`id`',
  '```',
  '!!',
  '--api-url=http://evil.test',
  '-rf',
  '',
  '~',
  '=ls',
  '*',
  'a\nb\n',
  '\t',
  '\u001b[31m',
  '\u202Eevil',
  '\\',
  '"',
  '#',
  '障害',
  "\\'",
  "$'\\n'",
  'key="x" AND y=\'z\'',
];

const word = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(...Array.from('\'"`$!;\\-= \n\t*?[]{}()<>|&#~%a1\u001b\u2028\u202E')),
  }),
);
/** No argument of a program can contain NUL; the other one separates programs in this test. */
const words = fc.array(
  word.map((text) => text.replaceAll('\0', '').replaceAll('\u0001', '')),
  { minLength: 1, maxLength: 50 },
);

describe('a command to paste', () => {
  it.each(HOSTILE)('passes %j on unchanged, as an argument and in an option', (text) => {
    expect(argumentsOf(`sendproof ${shellWord(text)} ${shellOption('reason', text)}`)).toEqual([
      text.startsWith('-') ? [text, `--reason=${text}`] : [text, '--reason', text],
    ]);
  });

  it('passes any words on unchanged', () => {
    fc.assert(
      fc.property(words, (given) => {
        expect(argumentsOf(`sendproof ${given.map(shellWord).join(' ')}`)).toEqual([given]);
      }),
      { numRuns: 60 },
    );
  });

  it('shows nothing that a terminal acts on, and no run of backticks', () => {
    fc.assert(
      fc.property(words, (given) => {
        const line = given.map(shellWord).join(' ');
        expect(line).not.toMatch(/``|(?![\n\t])[\p{Cc}\p{Bidi_C}]/u);
      }),
    );
  });

  it('leaves plain words as they are', () => {
    expect(
      shellCommand('sendproof retry', ['alert-55'], { destination: 'slack:default/C0123ABC' }),
    ).toBe('sendproof retry alert-55 --destination slack:default/C0123ABC');
    expect(shellCommand('sendproof status', ['it’s'], { watch: true, reason: undefined })).toBe(
      "sendproof status 'it’s' --watch",
    );
  });

  it('puts a word that looks like an option after --', () => {
    expect(shellCommand('sendproof retry', ['--api-url=x'], { destination: '-y' })).toBe(
      'sendproof retry --destination=-y -- --api-url=x',
    );
  });

  it('is a query within a query without a change', () => {
    const query = 'Destination="slack:default/it\'s" AND FailureReason="timeout"';
    expect(argumentsOf(shellCommand('temporal workflow list', [], { query }))).toEqual([
      ['workflow', 'list', '--query', query],
    ]);
  });

  it('is the same text after Markdown', () => {
    for (const text of HOSTILE) {
      const command = shellCommand('sendproof status', [text]);
      expect(slackCode(commandBlock(command))).toEqual([command]);
      if (!command.includes('\n')) expect(commandInCode(command)).toContain(command);
    }
  });
});

/** The code that people copy from a post in Slack. */
function slackCode(text: string): string[] {
  const message = messageToShow({ text, severity: 'error', title: 'Title' });
  const posted = slackPosts(message, 'parts').posts[0]?.text ?? '';
  return [...posted.matchAll(/```\n([\s\S]*?)\n```/g)].map(([, code = '']) => unescaped(code));
}

/** The same from a message in Teams. */
function teamsCode(text: string): string[] {
  const posted = JSON.stringify(
    renderForTeams(messageToShow({ text, severity: 'error', title: 'Title' }), '1').html,
  );
  return [
    ...(JSON.parse(posted) as string).matchAll(
      /<pre>(?:<code[^>]*>)?([\s\S]*?)\n?(?:<\/code>)?<\/pre>/g,
    ),
  ].map(([, code = '']) => unescaped(code));
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

describe('a notice to operators', () => {
  const path = fc
    .string({ unit: fc.constantFrom(...Array.from(';${}()`!&|<>*?#~-=ab')) })
    .filter((text) => text !== '')
    .map((text): Destination => `slack:default/${text}`);

  const commandsFor = (destination: Destination): [string, string] => {
    const counts = emptyCounts();
    const state = {};
    const at = '2026-11-24T10:00:00.000Z';
    const reference = { deduplicationKey: 'key', reason: 'timeout', at } as const;
    countDeadLetter(counts, reference);
    addToDigest(state, reference);
    const policy = { gatherMs: 0, windowMs: 0, waitingTooLongMs: 1e9 };
    const [notice] = takeDueNotices(state, counts, destination, policy, new Date(at));
    const text = notice?.content.text ?? '';
    return [slackCode(text).join('\n'), teamsCode(text).join('\n')];
  };

  it('has commands that run unchanged, whatever the destination is called', () => {
    const check = (destination: Destination) => {
      const expected = [
        ['dead-letters', '--destination', destination],
        ['dead-letters', 'retry', '--destination', destination],
      ];
      const [slack, teams] = commandsFor(destination);
      expect(argumentsOf(slack)).toEqual(expected);
      expect(argumentsOf(teams)).toEqual(expected);
    };
    check('slack:default/;touch${IFS}PWNED;');
    fc.assert(fc.property(path, check), { numRuns: 50 });
  });

  it('names overdue messages by commands that run unchanged', () => {
    const keys = HOSTILE.filter((key) => !key.includes('\n'));
    const { text } = overdueNotice({ count: 99, keys, overdueAfterMs: 1 }, new Date(0)).content;
    const lines = slackCode(text).join('\n');
    expect(argumentsOf(lines)).toEqual(
      keys.map((key) => ['timeline', ...(key.startsWith('-') ? ['--', key] : [key])]),
    );
  });
});

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sendproof-lock-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** Locks the directory in a process of its own; says whether it could, and holds the lock until it ends. */
const LOCKER = resolve(import.meta.dirname, '../locker.mjs');

const children: ReturnType<typeof fork>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(directory: string): Promise<string> {
  const child = fork(LOCKER, [directory]);
  children.push(child);
  const [outcome] = (await once(child, 'message')) as [string];
  return outcome;
}

describe('the data directory', () => {
  it.each<[string, (directory: string) => Promise<unknown>]>([
    ['does not exist yet', () => Promise.resolve()],
    ['exists', (directory) => mkdir(directory)],
    [
      'has the fresh lock of a process that was killed',
      async (directory) => {
        await mkdir(join(directory, 'lock'), { recursive: true });
        await writeFile(join(directory, 'pid'), '999999999');
      },
    ],
    [
      'has an old lock and no process',
      async (directory) => {
        await mkdir(join(directory, 'lock'), { recursive: true });
        await utimes(join(directory, 'lock'), 1, 1);
      },
    ],
    [
      'has half of a process id',
      async (directory) => {
        await mkdir(join(directory, 'lock'), { recursive: true });
        await writeFile(join(directory, 'pid'), '');
      },
    ],
  ])(
    'that %s is taken by one of many that start at once',
    async (_, prepare) => {
      const directory = join(parent, 'data');
      await prepare(directory);
      const outcomes = await Promise.all(Array.from({ length: 5 }, () => start(directory)));
      expect(outcomes.sort()).toEqual(['locked', ...Array<string>(4).fill('refused')].sort());
    },
    60_000,
  );

  it('is free as soon as its holder was killed', async () => {
    const directory = join(parent, 'data');
    expect(await start(directory)).toBe('locked');
    const [holder] = children;
    holder?.kill('SIGKILL');
    if (holder) await once(holder, 'exit');
    expect(await start(directory)).toBe('locked');
    expect(await start(directory)).toBe('refused');
  }, 60_000);
});

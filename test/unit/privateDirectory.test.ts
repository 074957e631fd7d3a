import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryFault, keepPrivate } from '../../src/start/privateDirectory.js';

let directory: string;
const warnings: object[] = [];
const log = { warn: (line: object) => warnings.push(line) } as unknown as Logger;
beforeEach(async () => {
  warnings.length = 0;
  directory = await mkdtemp(join(tmpdir(), 'sendproof-private-'));
});
afterEach(() => rm(directory, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o7777;

describe('a data directory of this user', () => {
  it.each([0o755, 0o750, 0o777, 0o701, 0o710, 0o2770])(
    'with the mode %o is made private, and the log says so',
    async (mode) => {
      await chmod(directory, mode);
      await keepPrivate(directory, log);
      expect((await modeOf(directory)) & 0o777).toBe(0o700);
      expect(warnings).toEqual([{ directory, mode: mode.toString(8).padStart(4, '0') }]);
    },
  );

  it('that is private is left as it is', async () => {
    await keepPrivate(directory, log);
    expect(await modeOf(directory)).toBe(0o700);
    expect(warnings).toEqual([]);
  });

  it('has private files afterwards, whatever an earlier release made', async () => {
    const modes = { 'temporal.db': 0o644, 'temporal.db-wal': 0o666, pid: 0o600, key: 0o400 };
    for (const [name, mode] of Object.entries(modes)) {
      await writeFile(join(directory, name), '');
      await chmod(join(directory, name), mode);
    }
    await keepPrivate(directory, log);
    for (const name of ['temporal.db', 'temporal.db-wal', 'pid']) {
      expect(await modeOf(join(directory, name)), name).toBe(0o600);
    }
    expect(await modeOf(join(directory, 'key'))).toBe(0o400);
  });
});

describe('the owner and the rights of a data directory', () => {
  const [USER, ANOTHER, ROOT] = [1000, 1001, 0];

  it.each([
    [USER, 0o40700, USER],
    [ROOT, 0o40700, ROOT],
    // A volume of a container, which root makes and a group writes to.
    [ROOT, 0o42770, USER],
  ])('are right: %i, %o for %i', (uid, mode, user) => {
    expect(directoryFault({ uid, mode }, user)).toBeUndefined();
  });

  it.each([
    [ANOTHER, 0o40700, USER, /another user \(1001\) owns it/],
    [ANOTHER, 0o40770, USER, /another user/],
    [USER, 0o40700, ROOT, /another user \(1000\) owns it/],
    [USER, 0o40755, USER, /\(mode 0755\)/],
    [USER, 0o40701, USER, /\(mode 0701\)/],
    [ROOT, 0o41777, USER, /\(mode 1777\)/],
    [ROOT, 0o42775, USER, /\(mode 2775\)/],
  ])('are wrong: %i, %o for %i', (uid, mode, user, fault) => {
    expect(directoryFault({ uid, mode }, user)).toMatch(fault);
  });
});

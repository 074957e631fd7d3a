/** The file that keeps the newest tokens of an account with token rotation, which only one process renews at a time. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { lock } from 'proper-lockfile';
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import { permanent, transient } from '../../http/failure.js';

const keptTokensSchema = z.object({
  /** The fingerprint of the configured refresh token from which these tokens come. */
  origin: z.string(),
  refreshToken: z.string().min(1),
  /** Absent before the first exchange. The times are milliseconds since the epoch. */
  access: z
    .object({ token: z.string().min(1), issuedAt: z.number(), expiresAt: z.number() })
    .optional(),
  /** When an exchange of `refreshToken` began whose outcome is unknown: Slack may have used it up. */
  exchangeBegunAt: z.number().optional(),
});
export type KeptTokens = z.infer<typeof keptTokensSchema>;

/** A lock that has not been renewed for so long belongs to a process that was killed. */
const LOCK_STALE_MS = 10_000;
const LOCK_RETRY_MS = 100;

/** Rejects only with DeliveryError, for its own failures. */
export class TokenFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Runs a step that no other process may run for this file at the same time. Waits for its turn, at most this long. */
  async exclusively<Result>(waitMs: number, step: () => Promise<Result>): Promise<Result> {
    const unlock = await this.#lock(waitMs);
    try {
      return await step();
    } finally {
      // Another process has taken over from one that was frozen in its step.
      await unlock().catch(() => undefined);
    }
  }

  /** Undefined where nothing is kept, or not in the form that `write` gives it. */
  async read(): Promise<KeptTokens | undefined> {
    try {
      return keptTokensSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8'))).data;
    } catch (error) {
      // The parser's error quotes the file.
      if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
      throw this.#unusable(error);
    }
  }

  /** Replaces the file atomically, within `exclusively`. The tokens are on the disk when this resolves. */
  async write(kept: KeptTokens): Promise<void> {
    const written = `${this.#path}.new`;
    try {
      await writeDurably(written, JSON.stringify(kept));
      await rename(written, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      await rm(written, { force: true }).catch(() => undefined);
      throw this.#unusable(error);
    }
  }

  async #lock(waitMs: number): Promise<() => Promise<void>> {
    try {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      return await lock(this.#path, {
        realpath: false,
        stale: LOCK_STALE_MS,
        retries: {
          retries: Math.ceil(waitMs / LOCK_RETRY_MS),
          factor: 1,
          minTimeout: LOCK_RETRY_MS,
          maxTimeout: LOCK_RETRY_MS,
        },
        onCompromised: () => undefined,
      });
    } catch (error) {
      if (codeOf(error) !== 'ELOCKED') throw this.#unusable(error);
      throw new DeliveryError(
        `Another process was renewing the account’s Slack token for longer than ${waitMs} ms (it holds the lock ${this.#path}.lock): nothing was posted.`,
        transient('timeout'),
      );
    }
  }

  #unusable(error: unknown): DeliveryError {
    const code = codeOf(error) ?? 'an unknown error';
    return new DeliveryError(
      `The file ${this.#path}, which keeps the account’s Slack tokens, can’t be used (${code}): let the worker’s user read and write it and its directory, or name another file in rotation.tokenCache.`,
      permanent('credentials_rejected'),
    );
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without this, a crash of the machine could undo the renaming of a file in it. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

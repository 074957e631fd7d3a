/** How long a receipt waits for the workspace's URL, requested once. Without it, the receipt has no permalink. */
const WORKSPACE_URL_TIMEOUT_MS = 1_000;
const WORKSPACE_URL_RETRY_MS = 5 * 60_000;

/**
 * The workspace's URL, as `https://example.slack.com/`, from which permalinks are made without a request for each. Requested
 * after the first post; a failure never fails the post, and the request is repeated later.
 */
export class WorkspaceAddress {
  readonly #ask: () => Promise<string | undefined>;
  #answer: Promise<string | undefined> | undefined;

  constructor(ask: () => Promise<string | undefined>) {
    this.#ask = ask;
  }

  url(): Promise<string | undefined> {
    this.#answer ??= this.#ask().catch(() => {
      setTimeout(() => (this.#answer = undefined), WORKSPACE_URL_RETRY_MS).unref();
      return undefined;
    });
    return withinTime(this.#answer, WORKSPACE_URL_TIMEOUT_MS);
  }
}

async function withinTime<T>(answer: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([answer, enough]);
  } finally {
    clearTimeout(timer);
  }
}

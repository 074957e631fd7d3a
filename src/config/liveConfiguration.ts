/** The configuration of a process, of which a part follows the file. */
import type { Logger } from 'pino';
import { ConfigurationError } from '../lib/configurationError.js';
import { changedSettings, isSettingOf } from './changedSettings.js';
import type { Configuration, ConfiguredAccount } from './configuration.js';
import { watchConfiguration } from './watchConfiguration.js';

/** What a change of the file changes without a restart. Everything else belongs to how the process was started. */
const LIVE = [
  ...['sources', 'routes', 'templates', 'names', 'deduplicationWindow', 'conversations'],
  ...['retryProfiles', 'acknowledgements', 'operators', 'digest', 'overdueAfterMs', 'postLinks'],
  ...['keys', 'people', 'rateLimit', 'contentRetention'],
] as (keyof Configuration)[];

/** The settings of the file that these parts, and the live fields of accounts, are made of. */
const LIVE_SETTINGS = [
  ...['sources', 'routes', 'templates', 'names', 'deduplicationWindow', 'conversations'],
  ...['retry', 'acknowledgements', 'operators', 'posts', 'keys', 'people', 'rateLimit'],
  ...['accounts.*.*.retry', 'accounts.*.*.limits', 'contentRetention'],
];
/** What of them is not. */
const RESTART_SETTINGS = ['contentRetention.keyDirectory'];

/** More changed settings than this are not named. */
const MOST_NAMED = 20;

export class LiveConfiguration {
  current: Configuration;
  /** For readiness: what is wrong with the file, without its content; undefined while it is in use as it is. */
  fault: string | undefined;
  /** The settings that have changed since the process was started, and that only a restart applies. */
  waitingForRestart: readonly string[] = [];
  /** Always as the configuration is now, for those who are given it once. */
  readonly view: Configuration;
  readonly #started: Configuration;

  constructor(configuration: Configuration) {
    this.current = configuration;
    this.#started = configuration;
    this.view = viewOf(this);
  }

  /** For readiness: what about the file needs attention, each with the remedy. */
  get warnings(): string[] {
    const waiting = this.waitingForRestart;
    return [
      ...(this.fault === undefined ? [] : [this.fault]),
      ...(waiting.length === 0 ? [] : [waitingSentence(waiting)]),
    ];
  }

  /**
   * Uses the changed configuration's live parts.
   *
   * @throws ConfigurationError where they need what the process was started without
   */
  apply(changed: Configuration): void {
    const known = new Set(this.current.accounts.map(({ id }) => id as string));
    const added = changed.accounts.map(({ id }) => id as string).filter((id) => !known.has(id));
    if (added.length > 0) {
      throw new ConfigurationError(
        `it has the accounts ${added.join(', ')}, which need a restart of the API and of the workers`,
      );
    }
    const live = Object.fromEntries(LIVE.map((part) => [part, changed[part]]));
    const accounts = this.current.accounts.map((account) => followed(account, changed));
    this.current = { ...this.current, ...live, accounts };
    this.waitingForRestart = changedSettings(this.#started.fileContent, changed.fileContent).filter(
      (setting) =>
        !LIVE_SETTINGS.some((pattern) => isSettingOf(setting, pattern)) ||
        RESTART_SETTINGS.some((pattern) => isSettingOf(setting, pattern)),
    );
  }

  /**
   * Follows the file until the returned function is called.
   *
   * @param onOutcome is called with each outcome: whether the file, as it is now, is in use
   * @param alsoApply what else a change needs, after the live parts are in use
   */
  followFile(
    reload: () => Configuration,
    log: Logger,
    onOutcome: (isInUse: boolean) => void,
    alsoApply: (configuration: Configuration) => void | Promise<void> = () => undefined,
  ): () => void {
    return watchConfiguration(
      this.current,
      reload,
      async (changed) => {
        this.apply(changed);
        await alsoApply(changed);
        log.info({ file: this.current.file }, 'The configuration file is in use as it is now');
        if (this.waitingForRestart.length > 0) log.warn(waitingSentence(this.waitingForRestart));
      },
      log,
      (isInUse) => {
        onOutcome(isInUse);
        this.fault = isInUse
          ? undefined
          : 'The configuration file has changed and can’t be used; the previous configuration stays in use. The log of the API says what is wrong.';
      },
    );
  }
}

function followed(account: ConfiguredAccount, { accounts }: Configuration): ConfiguredAccount {
  const changed = accounts.find(({ id }) => id === account.id);
  return changed ? { ...account, retry: changed.retry, limits: changed.limits } : account;
}

function waitingSentence(settings: readonly string[]): string {
  const named = settings.slice(0, MOST_NAMED).join(', ');
  const more = settings.length > MOST_NAMED ? ` and ${settings.length - MOST_NAMED} more` : '';
  return `The configuration file has changes that need a restart of this process: ${named}${more}. Until then the previous values are in use.`;
}

function viewOf(live: { current: Configuration }): Configuration {
  const parts = Object.keys(live.current) as (keyof Configuration)[];
  const view = {};
  for (const part of parts) {
    Object.defineProperty(view, part, { get: () => live.current[part], enumerable: true });
  }
  return view as Configuration;
}

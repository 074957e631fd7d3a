import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { watchConfiguration } from '../config/watchConfiguration.js';
import type { Metrics } from '../telemetry/metrics.js';
import { assertAuthenticatedSources } from './authentication.js';
import { ConfigurationError } from '../lib/configurationError.js';

/** What a change of the file changes without a restart. Everything else belongs to how the process was started. */
const LIVE = [
  'sources',
  'routes',
  'templates',
  'names',
  'deduplicationWindow',
] as const satisfies (keyof Configuration)[];

/** The configuration of the API, of which a part follows the file. */
export class LiveConfiguration {
  current: Configuration;
  /** For readiness: what is wrong with the file, without its content; undefined while it is in use as it is. */
  fault: string | undefined;

  constructor(configuration: Configuration) {
    this.current = configuration;
  }

  /**
   * Uses the changed configuration's live parts.
   *
   * @throws ConfigurationError where they need what the process was started without
   */
  apply(changed: Configuration): void {
    assertAuthenticatedSources(this.current.host, changed.sources);
    const known = new Set(this.current.accounts.map(({ id }) => id as string));
    const added = changed.accounts.map(({ id }) => id as string).filter((id) => !known.has(id));
    if (added.length > 0) {
      throw new ConfigurationError(
        `it has the accounts ${added.join(', ')}, which need a restart of the API and of the workers`,
      );
    }
    const live = Object.fromEntries(LIVE.map((part) => [part, changed[part]]));
    this.current = { ...this.current, ...live };
  }

  /** Follows the file until the returned function is called. */
  follow(reload: () => Configuration, metrics: Metrics, log: Logger): () => void {
    return watchConfiguration(
      this.current,
      reload,
      (changed) => {
        this.apply(changed);
        log.info(
          { file: this.current.file },
          'The changed sources, routes and templates are in use',
        );
      },
      log,
      (isInUse) => {
        metrics.configurationInUse.set(isInUse ? 1 : 0);
        this.fault = isInUse
          ? undefined
          : 'The configuration file has changed and can’t be used; the previous configuration stays in use. The log of the API says what is wrong.';
      },
    );
  }
}

import type { Logger } from 'pino';
import type { Configuration } from '../config/configuration.js';
import { LiveConfiguration as FollowedConfiguration } from '../config/liveConfiguration.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Metrics } from '../telemetry/metrics.js';
import { assertAuthenticatedSources } from './authentication.js';

/** The configuration of a process that receives messages and events. */
export class LiveConfiguration extends FollowedConfiguration {
  /**
   * @throws ConfigurationError also where other machines could send as a source that doesn't know who sends, and where the last
   * key is gone, since the API would then take everybody's requests
   */
  override apply(changed: Configuration): void {
    if (needsCallers(this.current) && !needsCallers(changed)) {
      throw new ConfigurationError(
        'keys: the last key, or "people" without keys, can’t be removed without a restart, since the API would then need no key',
      );
    }
    assertAuthenticatedSources(this.current.host, changed.sources);
    super.apply(changed);
  }

  /** Follows the file until the returned function is called. */
  follow(reload: () => Configuration, metrics: Metrics, log: Logger): () => void {
    return this.followFile(reload, log, (isInUse) => {
      metrics.configurationInUse.set(isInUse ? 1 : 0);
    });
  }
}

function needsCallers({ keys, people }: Configuration): boolean {
  return keys.length > 0 || people !== undefined;
}

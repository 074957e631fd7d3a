import { DEFAULT_NAMESPACE } from '../temporal/connection.js';
import { readVariables } from '../lib/environment.js';

/** The environment's settings for the embedded Temporal server. */
export interface EmbeddedSettings {
  /** 0 means any free port. */
  port: number;
  /** 0 means any free port. */
  uiPort: number;
  namespace: string;
}

/** Throws a ConfigurationError that names the variable. */
export function loadEmbeddedSettings(environment: NodeJS.ProcessEnv): EmbeddedSettings {
  const { TEMPORAL_PORT, TEMPORAL_UI_PORT, TEMPORAL_NAMESPACE } = readVariables(environment, [
    'TEMPORAL_PORT',
    'TEMPORAL_UI_PORT',
    'TEMPORAL_NAMESPACE',
  ]);
  return {
    // The default ports of the `temporal` command.
    port: TEMPORAL_PORT ?? 7233,
    uiPort: TEMPORAL_UI_PORT ?? 8233,
    namespace: TEMPORAL_NAMESPACE ?? DEFAULT_NAMESPACE,
  };
}

import { z } from 'zod';
import { DEFAULT_NAMESPACE } from '../temporal/connection.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { portNumber } from '../lib/ports.js';

/** The environment's settings for the embedded Temporal server. */
export interface EmbeddedSettings {
  /** 0 means any free port. */
  port: number;
  /** 0 means any free port. */
  uiPort: number;
  namespace: string;
}

const schema = z.object({
  // The default ports of the `temporal` command.
  TEMPORAL_PORT: portNumber.default(7233),
  TEMPORAL_UI_PORT: portNumber.default(8233),
  TEMPORAL_NAMESPACE: z.string().min(1).default(DEFAULT_NAMESPACE),
});

/** Throws a ConfigurationError that names the variable. */
export function loadEmbeddedSettings(environment: NodeJS.ProcessEnv): EmbeddedSettings {
  const { success, data, error } = schema.safeParse(environment);
  if (!success) {
    const faults = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new ConfigurationError(faults.join('\n'), { cause: error });
  }
  return {
    port: data.TEMPORAL_PORT,
    uiPort: data.TEMPORAL_UI_PORT,
    namespace: data.TEMPORAL_NAMESPACE,
  };
}

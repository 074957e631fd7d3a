/** Checks that each target of `events:` can be reached and exists. Sends nothing. */
import { pino } from 'pino';
import type { ConfiguredEventTarget } from '../../config/events.js';
import { ConfigurationError } from '../../lib/configurationError.js';
import { withinTime } from '../../lib/deadline.js';
import { broken, ok, type Finding } from './finding.js';

/** A client that can't reach a broker tries for longer. */
const ANSWER_WITHIN_MS = 10_000;

export async function checkEventTargets(
  targets: readonly ConfiguredEventTarget[],
): Promise<Finding[]> {
  return await Promise.all(targets.map(checkTarget));
}

async function checkTarget(configured: ConfiguredEventTarget): Promise<Finding> {
  const { events, name, place } = configured;
  try {
    const target = await configured.open({ log: pino({ level: 'silent' }) });
    try {
      const late = () => new Error(`it didn’t answer within ${ANSWER_WITHIN_MS / 1_000} s`);
      const fault = await withinTime(target.sendFault(), ANSWER_WITHIN_MS, { late });
      return fault === undefined
        ? ok(`${name} (${place}): ${events.join(', ')}`)
        : broken(`${name}: it can’t be written to`, fault);
    } finally {
      await target.close();
    }
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ConfigurationError) {
      return broken(`${name}: it can’t be opened`, message);
    }
    return broken(
      `${name} (${place}) can’t be reached: ${message}`,
      'See whether it runs and can be reached from here, and check the addresses and credentials under "events".',
    );
  }
}

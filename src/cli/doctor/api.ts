/** Checks the API, and its own view of Temporal and the workers. */
import type { ApiClient } from '../apiClient.js';
import type { CommandContext } from '../command.js';
import { ApiProblem, CommandError } from '../errors.js';
import { broken, note, ok, type Finding } from './finding.js';

/** How the warnings of the API begin that concern content. */
const CONTENT_UNREADABLE = 'Some messages can’t be read';

export async function checkApi(context: CommandContext): Promise<Finding[]> {
  try {
    const api = context.api();
    const { checks, reasons, warnings } = await api.readiness();
    const { temporal, worker, ...others } = checks;
    return [
      ok(`the API answers at ${api.url}`),
      temporal
        ? ok('the API reaches Temporal')
        : broken(
            'the API does not reach Temporal',
            'See the section Temporal; the API’s log has the cause.',
          ),
      worker
        ? ok('a worker polls')
        : broken(
            'no worker polls: messages are accepted but not delivered',
            'Start one: npm run worker.',
          ),
      ...(temporal && !Object.values(others).every(Boolean)
        ? [broken('the API is not ready', reasons.join(' '))]
        : []),
      ...warnings
        .filter((warning) => warning.startsWith(CONTENT_UNREADABLE))
        .map((warning) => broken('some messages can’t be read', warning)),
      ...(temporal ? [await checkKey(api)] : []),
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [broken('the API does not answer', error.message), note('workers: not checked')];
  }
}

async function checkKey(api: ApiClient): Promise<Finding> {
  try {
    await api.messages({}, 1);
    return ok('the API accepts the key of this command');
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return broken(
      `the API does not accept the key of this command: ${error.message}`,
      'Set SENDPROOF_API_KEY to one of the API’s keys.',
    );
  }
}

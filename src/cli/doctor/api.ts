/** The API, and through it what it sees of Temporal and the workers. */
import type { ApiClient } from '../apiClient.js';
import type { CommandContext } from '../command.js';
import { ApiProblem, CommandError } from '../errors.js';
import { broken, note, ok, type Finding } from './finding.js';

export async function checkApi(context: CommandContext): Promise<Finding[]> {
  try {
    const api = context.api();
    const { checks } = await api.readiness();
    return [
      ok(`the API answers at ${api.url}`),
      checks.temporal
        ? ok('it reaches Temporal')
        : broken('it does not reach Temporal', 'See above; the API’s log has the reason.'),
      checks.worker
        ? ok('a worker polls')
        : broken('no worker polls: messages are accepted and wait', 'Start one: npm run worker.'),
      ...(checks.temporal ? [await checkKey(api)] : []),
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [broken('the API does not answer', error.message), note('workers: not looked at')];
  }
}

async function checkKey(api: ApiClient): Promise<Finding> {
  try {
    await api.messages({}, 1);
    return ok('it lets this command in');
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return broken(
      `it does not let this command in: ${error.message}`,
      'Set SENDPROOF_API_KEY to one of the API’s keys.',
    );
  }
}

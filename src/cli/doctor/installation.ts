/** Checks what runs from the data directory; the other checks use its addresses where the environment has none. */
import { dirname } from 'node:path';
import { timeLimit } from '../../lib/deadline.js';
import { findInstallation } from '../../start/runningInstallation.js';
import { broken, note, ok, type Finding } from './finding.js';

/** It is on this machine. */
const ANSWER_WITHIN_MS = 3_000;

export async function checkInstallation(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const found = findInstallation(environment);
  if (!found) return [];
  const { file, installation, isRunning } = found;
  const { pid, sandbox } = installation;
  if (!isRunning) {
    return [
      note(
        `${file} is of process ${pid}, which is gone without having stopped: its addresses are not used`,
        '"npm start" starts it again, and replaces the file.',
      ),
    ];
  }
  return [
    ok(`process ${pid} runs from ${dirname(file)}`),
    ...(sandbox === undefined ? [] : [await checkSandbox(sandbox)]),
  ];
}

async function checkSandbox(url: string): Promise<Finding> {
  const limit = timeLimit(ANSWER_WITHIN_MS);
  try {
    const { body, ok: answers, status } = await fetch(url, { signal: limit.signal });
    await body?.cancel();
    if (answers) return ok(`the sandbox answers at ${url}`);
    return broken(`the sandbox answers with ${status} at ${url}`, 'Restart "npm start".');
  } catch {
    return broken(`the sandbox does not answer at ${url}`, 'Restart "npm start".');
  } finally {
    limit.clear();
  }
}

import {
  condition,
  continueAsNew,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import type { Workflows } from '../../contract/workflows.js';
import { REMEDIES } from '../../domain/remedies.js';
import { inCode, inMarkdown } from '../../lib/markdownCode.js';
import {
  accountTroubleSignal,
  type AccountTrouble,
  type AccountTroubleInput,
} from '../../contract/accountTrouble.js';

const { checkAccount, paceAccount } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '1m',
  retry: { maximumInterval: '10s' },
});
/** Retried for a short time only: the account's recovery must not wait for a notice. */
const { tellOperators } = proxyActivities<WorkflowQueueActivities>({
  scheduleToCloseTimeout: '30s',
});

/** Between two checks of credentials that are refused: at first, and at most. */
const FIRST_CHECK_MS = 5_000;
const LONGEST_CHECK_MS = 60_000;
/** After a pause that the platform asked for, so many steps follow, each for so long. */
const PACES_AFTER_PAUSE = [0.25, 0.5];
const PACE_STEP_MS = 10_000;
/** A trouble that returns within this time of its end is the same one: it keeps its check interval and is not notified again. */
const RELAPSE_MS = 60_000;

/** `accountTrouble` as it was until 2026-11-25, for runs that began before: a trouble during another may be ignored. */
export async function oneTroubleAtATime({ account, carried }: AccountTroubleInput): Promise<void> {
  const troubles = carried?.troubles ?? [];
  const incident = {
    toldOperators: carried?.toldOperators ?? false,
    since: carried?.since ?? new Date().toISOString(),
    checkAfterMs: carried?.checkAfterMs ?? FIRST_CHECK_MS,
  };
  setHandler(accountTroubleSignal, (trouble) => {
    troubles.push(trouble);
  });

  while (await condition(() => troubles.length > 0, RELAPSE_MS)) {
    const trouble = worstOf(troubles.splice(0));
    if (trouble.kind === 'rate_limited') await pauseThenRaisePace(trouble);
    else await stopUntilCredentialsWork(trouble);
    // A platform may ask for a pause every minute, for days.
    if (workflowInfo().continueAsNewSuggested) await continueWith(troubles);
  }

  async function continueWith(ahead: AccountTrouble[]): Promise<never> {
    const carried = { ...incident, troubles: ahead };
    return await continueAsNew<Workflows['accountTrouble']>({ account, carried });
  }

  async function stopUntilCredentialsWork(trouble: AccountTrouble): Promise<void> {
    await paceAccount(account, 0, `sendproof: stopped, the credentials of ${account} are refused`);
    let { detail } = trouble;
    for (;;) {
      showRefusedCredentials(detail);
      if (!incident.toldOperators) await notifyOperators(detail);
      await sleep(incident.checkAfterMs * (0.8 + 0.4 * Math.random()));
      incident.checkAfterMs = Math.min(LONGEST_CHECK_MS, incident.checkAfterMs * 2);
      const check = await checkAccount(account);
      if (check.outcome !== 'refused') break;
      ({ detail } = check);
      if (workflowInfo().continueAsNewSuggested) {
        await continueWith([...troubles, { ...trouble, detail }]);
      }
    }
    // Reports that came in before the check are out of date.
    troubles.length = 0;
    await paceAccount(account, 1, 'sendproof: the account’s limits');
    setCurrentDetails(`**${inMarkdown(account)}** works again since ${new Date().toISOString()}.`);
  }

  async function pauseThenRaisePace({ detail, retryAfterMs = 0 }: AccountTrouble): Promise<void> {
    const until = new Date(Date.now() + retryAfterMs).toISOString();
    setCurrentDetails(
      `**${inMarkdown(account)}** is paused until ${until}, as the platform asked: ${inCode(detail)}`,
    );
    await paceAccount(account, 0, `sendproof: the platform asked ${account} to wait`);
    await sleep(retryAfterMs);
    // Deliveries that were refused before the pause took effect need no further pause.
    troubles.length = 0;
    for (const share of PACES_AFTER_PAUSE) {
      await paceAccount(
        account,
        share,
        `sendproof: ${account} delivers slowly after a pause that the platform asked for`,
      );
      if (await condition(() => troubles.length > 0, PACE_STEP_MS)) return;
    }
    await paceAccount(account, 1, 'sendproof: the account’s limits');
    setCurrentDetails(`**${inMarkdown(account)}** delivers at its usual pace again.`);
  }

  function showRefusedCredentials(detail: string): void {
    setCurrentDetails(
      `The credentials of **${inMarkdown(account)}** are refused since ${incident.since}: ${inCode(detail)}\n\n` +
        `Its messages wait; none is lost. ${REMEDIES.credentials_rejected}`,
    );
  }

  /** A notice that fails, perhaps because operators are reached through this very account, must not stop its recovery. */
  async function notifyOperators(detail: string): Promise<void> {
    incident.toldOperators = true;
    const text = `${inCode(detail)}\n\nIts messages wait; none is lost. ${REMEDIES.credentials_rejected}`;
    await tellOperators({
      topic: `account/${account}/${workflowInfo().firstExecutionRunId}`,
      content: { title: `The credentials of ${account} are refused`, text, severity: 'critical' },
      priority: 1,
    }).catch(() => undefined);
  }
}

/** Credentials that are refused come before a pause; of several pauses the longest counts. */
function worstOf(troubles: readonly AccountTrouble[]): AccountTrouble {
  return troubles.reduce((worst, each) => {
    if (each.kind !== worst.kind) return each.kind === 'credentials_rejected' ? each : worst;
    return (each.retryAfterMs ?? 0) > (worst.retryAfterMs ?? 0) ? each : worst;
  });
}

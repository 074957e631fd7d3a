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
import { REMEDIES } from '../../domain/remedies.js';
import {
  accountTroubleSignal,
  type AccountTrouble,
  type AccountTroubleInput,
} from '../../contract/accountTrouble.js';

const { checkAccount, paceAccount } = proxyActivities<WorkflowQueueActivities>({
  startToCloseTimeout: '1m',
  retry: { maximumInterval: '10s' },
});
/** Tried for a while: what mends the account goes on all the same. */
const { tellOperators } = proxyActivities<WorkflowQueueActivities>({
  scheduleToCloseTimeout: '30s',
});

/** Between two checks of credentials that are refused: at first, and at most. */
const FIRST_CHECK_MS = 5_000;
const LONGEST_CHECK_MS = 60_000;
/** After a pause that the platform asked for, the pace is raised in these steps, each for so long. */
const PACES_AFTER_PAUSE = [0.25, 0.5];
const PACE_STEP_MS = 10_000;
/** For so long after its end a trouble that comes back is the same one: checked as seldom as before, and not told again. */
const RELAPSE_MS = 60_000;

/**
 * The trouble of one account: credentials that don't work, or a platform that asks the whole account to wait. It holds the
 * account's task queue back, so that what waits there waits without an attempt, and lets it go again when that is over.
 * There is one for each account at any time; the workers report to it.
 */
export async function accountTrouble({ account, carried }: AccountTroubleInput): Promise<void> {
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
    if (trouble.kind === 'rate_limited') await waitAndRaisePace(trouble);
    else await untilCredentialsWork(trouble);
    // A platform may ask for a pause every minute, for days.
    if (workflowInfo().continueAsNewSuggested) await goOn(troubles);
  }

  async function goOn(ahead: AccountTrouble[]): Promise<never> {
    const carried = { ...incident, troubles: ahead };
    return await continueAsNew<typeof accountTrouble>({ account, carried });
  }

  async function untilCredentialsWork(trouble: AccountTrouble): Promise<void> {
    await paceAccount(account, 0, `sendproof: stopped, the credentials of ${account} are refused`);
    let { detail } = trouble;
    for (;;) {
      showRefusal(detail);
      if (!incident.toldOperators) await tellOnce(detail);
      await sleep(incident.checkAfterMs * (0.8 + 0.4 * Math.random()));
      incident.checkAfterMs = Math.min(LONGEST_CHECK_MS, incident.checkAfterMs * 2);
      const check = await checkAccount(account);
      if (check.outcome !== 'refused') break;
      ({ detail } = check);
      if (workflowInfo().continueAsNewSuggested) {
        await goOn([...troubles, { ...trouble, detail }]);
      }
    }
    // What was reported meanwhile is over too.
    troubles.length = 0;
    await paceAccount(account, 1, 'sendproof: the account’s limits');
    setCurrentDetails(`**${account}** works again since ${new Date().toISOString()}.`);
  }

  async function waitAndRaisePace({ detail, retryAfterMs = 0 }: AccountTrouble): Promise<void> {
    const until = new Date(Date.now() + retryAfterMs).toISOString();
    setCurrentDetails(`**${account}** waits until ${until}, as the platform asked: ${detail}`);
    await paceAccount(account, 0, `sendproof: the platform asked ${account} to wait`);
    await sleep(retryAfterMs);
    // What was refused before the pause took hold is answered by it.
    troubles.length = 0;
    for (const share of PACES_AFTER_PAUSE) {
      await paceAccount(account, share, `sendproof: ${account} was asked to wait, and goes slowly`);
      if (await condition(() => troubles.length > 0, PACE_STEP_MS)) return;
    }
    await paceAccount(account, 1, 'sendproof: the account’s limits');
    setCurrentDetails(`**${account}** goes at its usual pace again.`);
  }

  function showRefusal(detail: string): void {
    setCurrentDetails(
      `The credentials of **${account}** are refused since ${incident.since}: ${detail}\n\n` +
        `Its messages wait, and none is lost. ${REMEDIES.credentials_rejected}`,
    );
  }

  /** Nobody to tell, or a way to them that is this very account: neither may stop what mends it. */
  async function tellOnce(detail: string): Promise<void> {
    incident.toldOperators = true;
    const text = `${detail}\n\nIts messages wait, and none is lost. ${REMEDIES.credentials_rejected}`;
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

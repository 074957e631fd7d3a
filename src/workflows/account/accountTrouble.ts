import {
  condition,
  continueAsNew,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { WorkflowQueueActivities } from '../../contract/activities.js';
import { REMEDIES } from '../../domain/remedies.js';
import { inCode, inMarkdown } from '../../lib/markdownCode.js';
import { accountTroubleSignal, type AccountTroubleInput } from '../../contract/accountTrouble.js';
import { oneTroubleAtATime } from './oneTroubleAtATime.js';
import { OpenTroubles } from './openTroubles.js';

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
/** While workers with different configurations run, some don't know the account. It is gone after so many of them in a row. */
const GONE_CHECKS = 5;
/** A trouble that returns within this time of its end is the same one: it keeps its check interval and is not notified again. */
const RELAPSE_MS = 60_000;

const EACH_TROUBLE_HAS_ITS_END_PATCH = 'each-trouble-has-its-end';

/**
 * The troubles of one account: its credentials are refused, or the platform asks the whole account to wait, or both. It stops
 * the account's task queue, so that deliveries wait there without an attempt, and starts it again when every trouble is over.
 * Each account has at most one such workflow; the workers report to it.
 */
export async function accountTrouble(input: AccountTroubleInput): Promise<void> {
  if (!patched(EACH_TROUBLE_HAS_ITS_END_PATCH)) {
    await oneTroubleAtATime(input);
    return;
  }
  const { account, carried } = input;
  const open = new OpenTroubles(carried?.troubles ?? [], Date.now());
  const incident = {
    toldOperators: carried?.toldOperators ?? false,
    since: carried?.since ?? new Date().toISOString(),
    checkAfterMs: carried?.checkAfterMs ?? FIRST_CHECK_MS,
  };
  let checkAt: number | undefined;
  let checksGone = 0;
  setHandler(accountTroubleSignal, (report) => {
    open.add(report, Date.now());
  });

  while (await condition(() => open.isAny, RELAPSE_MS)) {
    await stopQueueUntilOver();
    // A platform may ask for a pause every minute, for days.
    await continueIfSuggested();
  }

  async function stopQueueUntilOver(): Promise<void> {
    let stoppedFor: string | undefined;
    while (open.isAny) {
      await continueIfSuggested();
      const reason = showTrouble();
      if (reason !== stoppedFor) await paceAccount(account, 0, `sendproof: ${reason}`);
      stoppedFor = reason;
      if (open.refusal !== undefined && !incident.toldOperators)
        await notifyOperators(open.refusal);
      await waitForNextEnd();
      open.endPause(Date.now());
      if (open.refusal !== undefined && isDue(checkAt)) await checkCredentials();
    }
    await paceAccount(account, 1, 'sendproof: the account’s limits');
  }

  /** Resolves when a trouble may be over, or there is a new one. */
  async function waitForNextEnd(): Promise<void> {
    if (open.refusal === undefined) checkAt = undefined;
    else checkAt ??= Date.now() + incident.checkAfterMs * (0.8 + 0.4 * Math.random());
    const nextEnd = Math.min(...[checkAt, open.pause?.until].filter((at) => at !== undefined));
    const { changes } = open;
    const leftMs = Math.max(1, Math.ceil(nextEnd - Date.now()));
    await condition(() => open.changes !== changes, leftMs);
  }

  async function checkCredentials(): Promise<void> {
    checkAt = undefined;
    incident.checkAfterMs = Math.min(LONGEST_CHECK_MS, incident.checkAfterMs * 2);
    const { detail, outcome } = await checkAccount(account);
    checksGone = outcome === 'gone' ? checksGone + 1 : 0;
    if (outcome === 'works' || checksGone >= GONE_CHECKS) {
      // Reports that came in before the check are out of date.
      open.endRefusal();
      const now = new Date().toISOString();
      setCurrentDetails(
        outcome === 'works'
          ? `**${inMarkdown(account)}** works again since ${now}.`
          : `**${inMarkdown(account)}** is no longer configured, as of ${now}.`,
      );
    } else if (outcome === 'refused') {
      open.add({ kind: 'credentials_rejected', detail }, Date.now());
    }
  }

  /** @returns why the queue is stopped, for Temporal's tools */
  function showTrouble(): string {
    const { pause, refusal } = open;
    if (refusal !== undefined) {
      setCurrentDetails(
        `The credentials of **${inMarkdown(account)}** are refused since ${incident.since}: ${inCode(refusal)}\n\n` +
          `Its messages wait; none is lost. ${REMEDIES.credentials_rejected}`,
      );
      return `stopped, the credentials of ${account} are refused`;
    }
    const until = new Date(pause?.until ?? Date.now()).toISOString();
    setCurrentDetails(
      `**${inMarkdown(account)}** is paused until ${until}, as the platform asked: ${inCode(pause?.detail ?? '')}`,
    );
    return `the platform asked ${account} to wait`;
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

  async function continueIfSuggested(): Promise<void> {
    if (!workflowInfo().continueAsNewSuggested) return;
    const troubles = open.reports(Date.now());
    await continueAsNew<typeof accountTrouble>({ account, carried: { ...incident, troubles } });
  }
}

function isDue(at: number | undefined): boolean {
  return at !== undefined && at <= Date.now();
}

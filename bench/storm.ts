/** A platform that is down for half a minute under a pile of messages: what is asked of it then, and how they come back. */
import { setTimeout as delay } from 'node:timers/promises';
import { lineChart } from './chart.js';
import { sendBurst, untilPosted } from './burst.js';
import { busiestSecond, perSecond } from './calls.js';
import type { Scenario } from './scenario.js';
import { openStage } from './stage.js';
import { surroundings } from './surroundings.js';
import { textTable } from './textTable.js';

const CHANNELS = 50;
/** Calls a second that the account is allowed. */
const ACCOUNT_PACE = 20;
const OUTAGE_MS = 30_000;

export const storm: Scenario = {
  name: 'storm',
  summary: 'messages that all fail while the platform is down, and its return',
  async run({ quick, progress, log }) {
    const messages = quick ? 300 : 1_000;
    const stage = await openStage(log, {
      limits: { perDestination: 'off', perAccount: ACCOUNT_PACE },
      retry: { initialDelay: '1s', maximumDelay: '10s', attempts: 100 },
    });
    try {
      progress(`${messages} messages while Slack is down for ${OUTAGE_MS / 1_000} s`);
      await stage.setFault({ kind: 'http_error', status: 503, platform: 'slack' });
      await sendBurst(stage, 'storm', messages, CHANNELS);
      const from = Math.min(...(await slackCalls(stage)));
      await delay(Math.max(0, from + OUTAGE_MS - Date.now()));
      await stage.clearFaults();
      const up = Date.now();
      progress('Slack is back');
      await untilPosted(stage, messages, 300_000);

      const calls = await slackCalls(stage);
      const posted = (await stage.posts()).map(({ postedAt }) => postedAt);
      const whileDown = calls.filter((at) => at < up);
      const idealSeconds = messages / ACCOUNT_PACE;
      const figures = {
        surroundings: surroundings(stage),
        messages,
        callsPerSecondWhileDown: whileDown.length / ((up - from) / 1_000),
        limitPerSecond: ACCOUNT_PACE,
        secondsToPostAll: (Math.max(...posted) - up) / 1_000,
        idealSeconds,
        busiestSecond: busiestSecond(posted),
      };
      return {
        figures,
        table: textTable([
          ['', 'measured', 'limit', 'ratio'],
          row('calls a second while down', figures.callsPerSecondWhileDown, ACCOUNT_PACE),
          row('seconds to post all, once back', figures.secondsToPostAll, idealSeconds),
          row('posts in the busiest second', figures.busiestSecond, ACCOUNT_PACE),
        ]),
        chart: lineChart({
          title: `${messages} messages, Slack down for ${OUTAGE_MS / 1_000} s, ${ACCOUNT_PACE} calls a second allowed`,
          xLabel: 'seconds',
          yLabel: 'in each second',
          series: [
            { name: 'calls', points: perSecond(calls, from) },
            { name: 'posts', points: perSecond(posted, from) },
            {
              name: 'limit',
              reference: true,
              points: [
                [0, ACCOUNT_PACE],
                [(Math.max(...posted) - from) / 1_000, ACCOUNT_PACE],
              ],
            },
          ],
        }),
      };
    } finally {
      await stage.close();
    }
  },
};

/** When each call of Slack's came: looking for an earlier post is one, too. */
async function slackCalls(stage: Parameters<typeof untilPosted>[0]): Promise<number[]> {
  return (await stage.requests())
    .filter(({ platform }) => platform === 'slack')
    .map(({ at }) => at);
}

function row(name: string, measured: number, limit: number): string[] {
  return [name, measured.toFixed(1), limit.toFixed(1), (measured / limit).toFixed(2)];
}

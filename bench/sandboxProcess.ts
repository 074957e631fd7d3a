/**
 * The platforms, in a process of their own: what they take of a message's time is Slack's, not sendproof's, and the
 * process that measures has nothing else to do. Without rate limits, which would be all that is measured, unless it is
 * called with `--limits`. Prints what `npm start` needs to use it, as one line of JSON.
 */
import { startSandbox } from '../src/sandbox/sandbox.js';

export interface SandboxAddress {
  url: string;
  /** The environment variables that make its platforms the accounts `default`. */
  environment: Record<string, string>;
}

const limits = process.argv.includes('--limits') ? 'platform' : 'off';
const sandbox = await startSandbox({ limits, openDestinations: true });
const address: SandboxAddress = {
  url: sandbox.url,
  environment: {
    SLACK_API_URL: sandbox.slackApiUrl,
    SLACK_BOT_TOKEN: sandbox.slackToken,
    GRAPH_BASE_URL: sandbox.graphBaseUrl,
    GRAPH_ACCESS_TOKEN: sandbox.graphToken,
    TEAMS_WEBHOOK_URL: sandbox.webhookUrl('incidents'),
  },
};
console.log(JSON.stringify(address));

process.once('SIGTERM', () => void sandbox.close());

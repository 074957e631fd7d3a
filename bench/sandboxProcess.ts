/**
 * Runs the sandbox in a process of its own, so that it takes no time of the measuring process. Without rate limits, which
 * would dominate the figures, unless it is called with `--limits`. Prints what `npm start` needs to use it, as one line of
 * JSON.
 */
import { startSandbox } from '../src/sandbox/sandbox.js';

export interface SandboxAddress {
  url: string;
  /** The environment variables that configure its platforms as the accounts `default`. */
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

/**
 * The least that a hop from HTTP to Slack can be: Express parses the JSON and starts a workflow, whose one activity posts the text
 * by Slack's SDK. Nothing is validated, routed, rendered, logged or remembered. API and worker are in one process, as with
 * `npm start`, and every option is the libraries' default (`defaultWorker.ts`). Prints its URL once it listens and polls.
 */
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import { Client } from '@temporalio/client';
import express from 'express';
import { readVariables } from '../src/lib/environment.js';
import { LOOPBACK } from '../src/lib/ports.js';
import type { Alert } from './contestants.js';
import { runDefaultWorker, type Polled } from './defaultWorker.js';

export interface LeastPost {
  channel: string;
  text: string;
}

const { SLACK_API_URL, SLACK_BOT_TOKEN } = readVariables(process.env, [
  'SLACK_API_URL',
  'SLACK_BOT_TOKEN',
]);
const slack = new WebClient(SLACK_BOT_TOKEN, { slackApiUrl: SLACK_API_URL });
const activities = {
  post: async ({ channel, text }: LeastPost): Promise<void> => {
    await slack.chat.postMessage({ channel, text });
  },
};
export type LeastActivities = typeof activities;

await runDefaultWorker('leastWorkflow.js', activities, listen);

function listen({ connection, namespace, taskQueue }: Polled): () => void {
  const client = new Client({ connection, namespace });
  const app = express();
  app.use(express.json());
  app.post('/v1/messages', async (request, response) => {
    const { deduplicationKey, destinations, content } = request.body as Alert;
    const channel = destinations[0]?.split('/')[1] ?? '';
    const post: LeastPost = { channel, text: `${content.title}\n${content.text}` };
    const workflowId = deduplicationKey;
    await client.workflow.start('leastWorkflow', { workflowId, taskQueue, args: [post] });
    response.status(202).json({ status: 'accepted' });
  });
  const server = app.listen(0, LOOPBACK, () => {
    console.log(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

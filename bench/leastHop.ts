/**
 * The least that a hop from HTTP to Slack can be: Express parses the JSON and starts a workflow, whose one activity posts the text
 * by Slack's SDK. Nothing is validated, routed, rendered, logged or remembered. API and worker are in one process, as with
 * `npm start`, and every option is the libraries' default. Arguments: Temporal's address, namespace, task queue. Prints its URL once
 * it listens and polls.
 */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebClient } from '@slack/web-api';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import express from 'express';
import { readVariables } from '../src/lib/environment.js';
import { LOOPBACK } from '../src/lib/ports.js';
import type { Alert } from './contestants.js';
import type { leastWorkflow } from './leastWorkflow.js';

export interface LeastPost {
  channel: string;
  text: string;
}

const [address, namespace, taskQueue] = process.argv.slice(2);
if (!address || !namespace || !taskQueue)
  throw new Error('usage: leastHop ADDRESS NAMESPACE QUEUE');

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

Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
const client = new Client({ connection, namespace });

const app = express();
app.use(express.json());
app.post('/v1/messages', async (request, response) => {
  const { deduplicationKey, destinations, content } = request.body as Alert;
  const channel = destinations[0]?.split('/')[1] ?? '';
  await client.workflow.start<typeof leastWorkflow>('leastWorkflow', {
    workflowId: deduplicationKey,
    taskQueue,
    args: [{ channel, text: `${content.title}\n${content.text}` }],
  });
  response.status(202).json({ status: 'accepted' });
});

try {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    workflowsPath: fileURLToPath(new URL('leastWorkflow.js', import.meta.url)),
  });
  const stopped = worker.run();
  const server = app.listen(0, LOOPBACK, () => {
    console.log(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`);
  });
  await stopped;
  server.close();
  server.closeAllConnections();
} finally {
  await connection.close();
}

/** Runs the sandbox alone. */
import { startSandbox } from './sandbox.js';

const DEFAULT_PORT = 4010;

const sandbox = await startSandbox({
  port: Number(process.env.SANDBOX_PORT ?? DEFAULT_PORT),
}).catch((error: unknown) => {
  console.error(
    `The sandbox can't start (${(error as Error).message}). Is the port taken? Set SANDBOX_PORT to another.`,
  );
  process.exit(1);
});

console.log(`Sandbox: ${sandbox.url}/ shows the channels`);
console.log(`  SLACK_API_URL=${sandbox.slackApiUrl} SLACK_BOT_TOKEN=${sandbox.slackToken}`);
console.log(`  GRAPH_BASE_URL=${sandbox.graphBaseUrl} GRAPH_ACCESS_TOKEN=${sandbox.graphToken}`);
console.log(`  Workflows webhook: ${sandbox.webhookUrl('incidents')}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void sandbox.close());
}

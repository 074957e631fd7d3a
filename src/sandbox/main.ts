/** Runs the sandbox alone, on `SANDBOX_PORT`. */
import { z } from 'zod';
import { createLogger } from '../lib/log.js';
import { runMain, stopSignal } from '../lib/process.js';
import { startSandbox } from './sandbox.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Sandbox } from './interface.js';

const portSchema = z.coerce.number().int().min(0).max(65_535).default(4010);

await runMain(createLogger('sandbox', process.env), async () => {
  const sandbox = await start();
  console.log(addresses(sandbox));
  await stopSignal();
  await sandbox.close();
});

async function start(): Promise<Sandbox> {
  const port = portSchema.safeParse(process.env.SANDBOX_PORT);
  if (!port.success) {
    throw new ConfigurationError('SANDBOX_PORT must be a port: a number from 0 to 65535.');
  }
  try {
    return await startSandbox({ port: port.data });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigurationError(
      `Port ${port.data}, which the sandbox needs, is in use by another program. Free it, or set SANDBOX_PORT to another port.`,
    );
  }
}

function addresses(sandbox: Sandbox): string {
  return [
    `The channels:      ${sandbox.url}/`,
    `Slack's Web API:   ${sandbox.slackApiUrl} (token ${sandbox.slackToken})`,
    `Microsoft Graph:   ${sandbox.graphBaseUrl}/v1.0 (token ${sandbox.graphToken})`,
    `Workflows webhook: ${sandbox.webhookUrl('incidents')}`,
  ].join('\n');
}

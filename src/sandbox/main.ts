/** Runs the sandbox alone, on `SANDBOX_PORT`. */
import { readVariables } from '../lib/environment.js';
import { createLogger } from '../lib/log.js';
import { portError } from '../lib/ports.js';
import { runMain, stopSignal } from '../lib/process.js';
import { addressesOf, renderAddresses } from './addresses.js';
import { DEFAULT_SANDBOX_PORT, type Sandbox } from './interface.js';
import { startSandbox } from './sandbox.js';

await runMain(createLogger('sandbox', process.env), async () => {
  const sandbox = await start();
  console.log(renderAddresses(addressesOf(sandbox)));
  await stopSignal();
  await sandbox.close();
});

async function start(): Promise<Sandbox> {
  const { SANDBOX_PORT: port = DEFAULT_SANDBOX_PORT, SENDPROOF_ALLOWED_HOSTS: allowedHosts = [] } =
    readVariables(process.env);
  try {
    return await startSandbox({ port, allowedHosts });
  } catch (error) {
    throw portError({ port, purpose: 'the sandbox', variable: 'SANDBOX_PORT' }, error);
  }
}

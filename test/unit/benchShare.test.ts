import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { holdToShare } from '../../bench/processorShare.js';
import { commandOf, processorMsOf } from '../../bench/processUsage.js';
import { spawnKept, type KeptProcess } from '../../src/embedded/keptProcess.js';

const SHARE = 0.2;
const PATIENCE = { timeout: 15_000 };

/** Uses all that it gets of a processor. */
async function startBusyProcess(): Promise<KeptProcess> {
  const busy = spawnKept(process.execPath, ['-e', 'console.log("busy"); for (;;);']);
  onTestFinished(() => busy.kill());
  await once(createInterface(busy.stdout), 'line');
  return busy;
}

async function usedOver(id: number, milliseconds: number): Promise<number> {
  const [from, usedBefore] = [performance.now(), await processorMsOf(id)];
  await delay(milliseconds);
  return ((await processorMsOf(id)) - usedBefore) / (performance.now() - from);
}

it.runIf(process.platform === 'linux')('a worker is held to its share of a processor', async () => {
  const { processGroup } = await startBusyProcess();
  const id = await commandOf(processGroup);

  const lift = await holdToShare(processGroup, SHARE);
  // On a busy machine a look may come late: what it used too much until then is made up for afterwards.
  await expect.poll(() => usedOver(id, 1_000), PATIENCE).toBeLessThan(SHARE * 1.5);

  await lift();
  await expect.poll(() => usedOver(id, 100), PATIENCE).toBeGreaterThan(SHARE * 1.5);
});

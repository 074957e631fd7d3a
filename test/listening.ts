/** Waits for servers, also where there is no test to wait in: before all of them. */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { LOOPBACK } from '../src/lib/ports.js';

const PATIENCE_MS = 20_000;
const INTERVAL_MS = 50;

/** Resolves when something listens at this port of the machine; rejects where nothing does for long. */
export async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await canConnect(port);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await pause(INTERVAL_MS);
  }
}

/** Rejects where nothing listens at this port of the machine. */
export async function canConnect(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, LOOPBACK, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}

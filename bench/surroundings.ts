import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Testbed } from './testbed.js';

/** Where and when the figures were measured. Without it they can't be compared. */
export interface Surroundings {
  /** ISO 8601. */
  at: string;
  temporalServer: string;
  node: string;
  platform: string;
  processors: number;
  processorModel: string;
  /** The average of the last minute, including the benchmark's own load. */
  loadAverage: number;
}

export function surroundings({ serverVersion }: Testbed): Surroundings {
  return {
    at: new Date().toISOString(),
    temporalServer: serverVersion,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
    processorModel: cpus()[0]?.model ?? 'unknown',
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** In two lines. */
export function surroundingsText(surroundings: Surroundings): string {
  const { temporalServer, node, processors, processorModel, platform, loadAverage, at } =
    surroundings;
  return [
    `Temporal server ${temporalServer} with a SQLite file, Node ${node}, ${platform}`,
    `${processors} × ${processorModel}, load average at the end ${loadAverage.toFixed(1)}, ${at}`,
  ].join('\n');
}

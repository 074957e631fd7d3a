import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Stage } from './stage.js';

/** Where and when figures were made: they say nothing without it. */
export interface Surroundings {
  /** ISO 8601. */
  at: string;
  temporalServer: string;
  node: string;
  platform: string;
  processors: number;
  processorModel: string;
  /** Of the last minute, the benchmark's own load included. */
  loadAverage: number;
}

export function surroundings({ serverVersion }: Stage): Surroundings {
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

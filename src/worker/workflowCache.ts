/** How many workflows a worker process keeps ready in memory: as many as fit. */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** What a worker process may use, all in bytes. */
export interface ProcessLimits {
  /** Of the container; undefined where the process shares its machine. */
  containerMemory: number | undefined;
  machineMemory: number;
  /** The largest heap that V8 allows a thread. All workflow code runs in one thread. */
  heap: number;
}

const MIB = 2 ** 20;

/** The rest is for what native code takes at a peak. */
const SHARE_OF_CONTAINER = 0.9;

/** The rest is for the Temporal server, the API and whatever else runs there. */
const SHARE_OF_MACHINE = 0.5;

/** A heap that is fuller than this is collected again and again. */
const SHARE_OF_HEAP = 0.7;

/** What a number of workflows takes, in MiB: `base + each × n + square × n²`. */
interface Footprint {
  base: number;
  each: number;
  square: number;
}

interface CachePlan {
  resident: Footprint;
  /** Of the thread that runs workflow code. */
  heap: Footprint;
  /** More than this saves no replay to speak of. */
  most: number;
}

/**
 * A worker that had 1,500 ready while it parked thousands of messages took 1,047 MiB, with the heap limits that V8 has in a
 * container of 1 GiB, the thread of the conversations included. After that each workflow takes 0.33 MiB, of which 0.21 are heap,
 * where its trace is exported: all figures here are for that case. Without, it is 0.14 MiB (`npm run bench -- memory`;
 * docs/explanation/benchmark.md).
 */
const FROM_NODE_24: CachePlan = {
  resident: { base: 400, each: 0.43, square: 0 },
  heap: { base: 30, each: 0.21, square: 0 },
  most: 2_000,
};

/**
 * Before Node.js 24 each AsyncLocalStorage of any workflow, as OpenTelemetry has one, adds a property to each promise of every
 * workflow, so memory and time grow with the square of their number
 * (https://github.com/temporalio/sdk-typescript/issues/1432): a worker at work took 0.7 GB with 100, 1.0 GB with 200 and 2.5 GB
 * with 400, and at 1,700 collected garbage all the time with 4 GB. The thread of the conversations takes 40 MiB more.
 */
const BEFORE_NODE_24: CachePlan = {
  resident: { base: 590, each: 0, square: 0.012 },
  heap: { base: 30, each: 0, square: 0.012 },
  most: 250,
};

/** Some are always under way, however small the memory. */
const FEWEST = 50;

/**
 * The number of workflows to keep ready.
 *
 * @param majorVersion of Node.js
 */
export function cacheSizeFor(limits: ProcessLimits, majorVersion: number): number {
  const { containerMemory = Infinity, machineMemory, heap } = limits;
  const memory = Math.min(SHARE_OF_CONTAINER * containerMemory, SHARE_OF_MACHINE * machineMemory);
  const plan = majorVersion < 24 ? BEFORE_NODE_24 : FROM_NODE_24;
  const fitting = Math.min(
    fittingInto(memory, plan.resident),
    fittingInto(SHARE_OF_HEAP * heap, plan.heap),
    plan.most,
  );
  return Math.max(FEWEST, Math.floor(fitting));
}

/** How many have this footprint. */
function fittingInto(bytes: number, { base, each, square }: Footprint): number {
  const left = Math.max(0, bytes / MIB - base);
  if (square === 0) return left / each;
  return (Math.sqrt(each ** 2 + 4 * square * left) - each) / (2 * square);
}

/** The same for this process. */
export function workflowCacheSize(): number {
  const machineMemory = totalmem();
  // Without a limit it is 0, or more than any machine has.
  const constrained = process.constrainedMemory();
  return cacheSizeFor(
    {
      containerMemory: constrained > 0 && constrained < machineMemory ? constrained : undefined,
      machineMemory,
      heap: getHeapStatistics().heap_size_limit,
    },
    Number.parseInt(process.versions.node),
  );
}

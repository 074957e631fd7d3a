/**
 * Preloaded into a worker process (`node --expose-gc --import`), in its main thread and in the thread that runs workflow
 * code: answers what they hold, over HTTP on the port that MEMORY_PROBE_PORT names, on this machine only.
 */
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** What a process holds, in bytes. */
export interface MemoryReport {
  /** Resident, as it stands. */
  rss: number;
  /** Resident, after each thread has collected its garbage and V8 has given the freed pages back. */
  rssSettled: number;
  /** In use in the main thread's heap after that. */
  mainHeap: number;
  /** The same in the other threads' heaps: the workflows' own. */
  workflowHeap: number;
}

/** All threads answer once they have collected their garbage: after seconds, with a large heap. */
const PATIENCE_MS = 20_000;
const CHECK_MS = 100;

/** V8 keeps freed pages for 8 s, in case they are needed again. */
const PAGES_GIVEN_BACK_MS = 12_000;

const questions = new BroadcastChannel('memory probe: questions');
const answers = new BroadcastChannel('memory probe: answers');

if (isMainThread) serve(Number(process.env.MEMORY_PROBE_PORT));
else answer();

function answer(): void {
  questions.unref();
  answers.unref();
  answers.postMessage('here');
  questions.onmessage = () => {
    answers.postMessage(collectedHeap());
  };
}

function serve(port: number): void {
  let threads = 0;
  let heaps: number[] = [];
  answers.onmessage = (message) => {
    const { data } = message as { data: 'here' | number };
    if (data === 'here') threads += 1;
    else heaps.push(data);
  };
  answers.unref();
  questions.unref();
  const report = async (): Promise<MemoryReport> => {
    const { rss } = process.memoryUsage();
    heaps = [];
    questions.postMessage('collect');
    const deadline = Date.now() + PATIENCE_MS;
    while (heaps.length < threads && Date.now() < deadline) await delay(CHECK_MS);
    const mainHeap = collectedHeap();
    const workflowHeap = heaps.reduce((sum, heap) => sum + heap, 0);
    await delay(PAGES_GIVEN_BACK_MS);
    return { rss, rssSettled: process.memoryUsage().rss, mainHeap, workflowHeap };
  };
  createServer((_, response) => {
    void report().then((found) => response.end(JSON.stringify(found)));
  })
    .listen(port, '127.0.0.1')
    .unref();
}

function collectedHeap(): number {
  globalThis.gc?.();
  return getHeapStatistics().used_heap_size;
}

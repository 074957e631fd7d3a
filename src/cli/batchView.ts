/** A batch as people read it. */
import { shellCommand } from '../lib/shellCommand.js';
import type { Batch } from './apiClient.js';
import type { Display } from './output.js';

export function renderBatch(batch: Batch, { style }: Display): string {
  const { duplicate, explanation, id, results = [], status } = batch;
  const refused = results.flatMap(({ deduplicationKey = '(no usable key)', problem }) => [
    `  ${style('red', 'refused')} ${deduplicationKey}`,
    ...(problem?.errors ?? []).map(({ detail, field }) => `    ${field}: ${detail}`),
  ]);
  return [
    `${style('bold', id)}  ${status}`,
    `  ${duplicate ? 'Sent before. ' : ''}${explanation}`,
    ...refused,
    ...(batch.closedAt === undefined
      ? [`  follow it with: ${shellCommand('sendproof batch', [id], { wait: true })}`]
      : []),
  ].join('\n');
}

/** What a process loads that has no queue. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../../src');

function importersOf(library: string): string[] {
  const statically = new RegExp(`^(?!import type).*from '${library}'`, 'm');
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .filter((file) => statically.test(readFileSync(join(SOURCES, file), 'utf8')));
}

it('kafkajs is imported by three files, which are loaded when a queue is opened', () => {
  const files = ['kafkajsBatchEnds.ts', 'kafkajsClient.ts', 'kafkajsRequestQueue.ts'];
  expect(importersOf('kafkajs(?:/.*)?').sort()).toEqual(
    files.map((name) => join('queues', 'kafka', name)),
  );
  expect(importersOf('(?:\\./|.*/)kafkajsRequestQueue\\.js')).toEqual([]);
  expect(importersOf('(?:\\./|.*/)kafkajsClient\\.js')).toEqual([]);
});

it('the SDK of AWS and sqs-consumer are imported by files that are loaded when a queue is opened', () => {
  const files = ['calls.ts', 'sqsConsumer.ts', 'sqsQueue.ts'].map((name) =>
    join('queues', 'sqs', name),
  );
  const importers = [...importersOf('@aws-sdk/client-sqs'), ...importersOf('sqs-consumer')];
  expect(files).toEqual(expect.arrayContaining(importers));
  expect(importersOf('(?:\\./|.*/)sqsQueue\\.js')).toEqual([]);
});

/** What a process loads that has no queue. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../../src');

function importersOf(library: string): string[] {
  const statically = new RegExp(`from '${library}'`);
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .filter((file) => statically.test(readFileSync(join(SOURCES, file), 'utf8')));
}

it('kafkajs is imported by one file, which is loaded when a queue is opened', () => {
  expect(importersOf('kafkajs')).toEqual([join('queues', 'kafka', 'kafkajsClient.ts')]);
  expect(importersOf('(?:\\./|.*/)kafkajsClient\\.js')).toEqual([]);
});

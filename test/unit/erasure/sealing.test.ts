import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  contentRetentionMs,
  sealEntries,
  sealStart,
  shortestRetentionMs,
} from '../../../src/acceptance/sealing.js';
import { fingerprint } from '../../../src/acceptance/fingerprint.js';
import {
  readMessageInput,
  storeMessageInput,
  withinRetention,
  type DeliverMessageInput,
} from '../../../src/contract/deliverMessage.js';
import { messageSchema, type Message } from '../../../src/domain/message.js';
import { isSealed } from '../../../src/domain/sealedContent.js';
import { chunksOf, entriesOf } from '../../../src/store/batchContent.js';
import { openContent, openEntry, openTitle } from '../../../src/store/sealedMessages.js';
import type { MessageStart } from '../../../src/store/startMessage.js';
import { noEncryption } from '../../../src/temporal/encryption/contentEncryption.js';
import { ContentVault } from '../../../src/temporal/erasure/contentVault.js';
import { parseSeal } from '../../../src/temporal/erasure/seal.js';

const DAY_MS = 86_400_000;
const CONTENT = { title: 'A secret title', text: 'secret **text**', severity: 'critical' } as const;

let directory: string;
let vault: () => ContentVault;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sendproof-sealing-'));
  const made = new ContentVault({ directory, codec: noEncryption().codec });
  vault = () => made;
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const retention = (defaultMs: number | undefined, bySourceMs: Record<string, number> = {}) => ({
  contentRetention: { defaultMs, bySourceMs, keyDirectory: directory },
});
const message = (more: object = {}): Message =>
  messageSchema.parse({
    deduplicationKey: 'a-message',
    destinations: ['slack:default/C0123ABC'],
    content: CONTENT,
    ...more,
  });

function startOf(sent: Message, unposted?: DeliverMessageInput['unposted']): MessageStart {
  const { content, correlation, deduplicationKey, onAmbiguous, priority } = sent;
  const input = { content, correlation, deliveries: [], onAmbiguous, priority, traceId: 'a' };
  const memo = {
    ...{ fingerprint: fingerprint(sent), startToken: 'a token' },
    // For lists.
    title: CONTENT.title,
  };
  return { deduplicationKey, input: { ...input, ...(unposted && { unposted }) }, memo };
}

describe('the start of a message', () => {
  it('is as it was where no retention applies, and asks for no key', async () => {
    const start = startOf(message());
    const ask = () => {
      throw new Error('was asked');
    };
    expect(await sealStart(ask, retention(undefined), start, message())).toBe(start);
    expect(storeMessageInput(start.input)).toBe(start.input);
  });

  it('has nothing of what people wrote, and a fingerprint that can be tested with its key alone', async () => {
    const sent = message();
    const start = await sealStart(vault, retention(DAY_MS), startOf(sent), sent);
    expect(JSON.stringify(start)).not.toContain('secret');
    expect(await openContent(vault, 'a-message', start.input.content)).toEqual(CONTENT);
    const { fingerprint: sealed, seal = '' } = start.memo;
    expect(sealed).toEqual(fingerprint(sent, await vault().hashKey(seal)));
    const plain = fingerprint(sent);
    for (const field of Object.keys(plain)) {
      expect(sealed[field] === plain[field]).toBe(!field.startsWith('content.'));
    }
    const { title = '' } = start.memo;
    expect(await openTitle(vault, 'a-message', title)).toBe(CONTENT.title);
    await vault().erase(seal, {});
    expect(await openTitle(vault, 'a-message', title)).toBeUndefined();
    await expect(openContent(vault, 'a-message', start.input.content)).rejects.toThrow('erased');
  });

  it('is no message to workers of earlier releases, and the same to those of this one', async () => {
    const sent = message();
    const { input } = await sealStart(vault, retention(DAY_MS), startOf(sent), sent);
    const stored = storeMessageInput(input);
    expect(stored).toMatchObject({ sealedDeliveries: [] });
    expect([stored.deliveries, stored.newerDeliveries]).toEqual([undefined, undefined]);
    expect(readMessageInput(JSON.parse(JSON.stringify(stored)) as typeof stored)).toEqual(input);
  });

  it('seals the title that a group shows with the same key', async () => {
    const sent = message();
    const member = { deduplicationKey: 'a-message', source: 'ci', title: CONTENT.title };
    const plan = { route: 'r', windowMs: 1, maximum: 9, destinations: [], priority: 3 };
    const start = await sealStart(
      vault,
      retention(DAY_MS),
      startOf(sent, {
        ...{ kind: 'grouped', route: 'r', groupId: 'g', destinations: [], member },
        plan: { ...plan, onAmbiguous: 'resend' },
      }),
      sent,
    );
    expect(JSON.stringify(start)).not.toContain('secret');
    const { unposted } = start.input;
    const title = unposted?.kind === 'grouped' ? unposted.member.title : '';
    expect(await openTitle(vault, 'a-message', title)).toBe(CONTENT.title);
    expect(await openTitle(vault, 'another', title)).toBeUndefined();
    expect(await openTitle(vault, 'a-message', 'sealed: a plain title')).toBe(
      'sealed: a plain title',
    );
    await vault().erase(start.memo.seal ?? '', {});
    expect(await openTitle(vault, 'a-message', title)).toBeUndefined();
  });

  it.each([
    ['short', 'A word.', undefined],
    ['long', 'word '.repeat(5_000), true],
  ])('says of a %s text whether it may take several posts', async (_length, text, expected) => {
    const sent = message({ content: { text } });
    const { input } = await sealStart(vault, retention(DAY_MS), startOf(sent), sent);
    expect(isSealed(input.content) && input.content.severalPosts).toBe(expected);
  });
});

describe('the retention of a message', () => {
  it.each<[string, object, number | undefined]>([
    ['its source’s', { correlation: { source: 'ci' } }, 2],
    ['the default', { correlation: { source: 'toString' } }, 1],
    ['the default without a source', {}, 1],
  ])('is %s', (_words, more, expected) => {
    expect(contentRetentionMs(retention(1, { ci: 2 }), message(more))).toBe(expected);
  });

  it('is given where the message shows what others say, and counts in place of its source’s', async () => {
    const sent = message({ correlation: { source: 'ci' } });
    for (const [ofSources, contentRetentionMs, expected] of [
      [{}, DAY_MS, DAY_MS],
      [{ ci: 9 * DAY_MS }, DAY_MS, DAY_MS],
      [{ ci: 9 * DAY_MS }, undefined, 9 * DAY_MS],
      [{}, undefined, undefined],
    ] as const) {
      const given = { contentRetentionMs };
      const start = await sealStart(
        vault,
        retention(undefined, ofSources),
        startOf(sent),
        sent,
        given,
      );
      const { seal } = start.memo;
      expect(seal && parseSeal(seal)?.retentionS).toBe(expected && expected / 1_000);
    }
  });

  it('is no longer than that of any source of which it shows something', () => {
    const names = fc.constantFrom('ci', 'crm', 'grafana', 'toString');
    const times = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.array(names, { minLength: 1 }),
        fc.dictionary(names, times),
        fc.option(times, { nil: undefined }),
        (sources, bySourceMs, defaultMs) => {
          const configuration = retention(defaultMs, bySourceMs);
          const shortest = shortestRetentionMs(configuration, sources);
          const each = sources.map((source) =>
            contentRetentionMs(configuration, { correlation: { source } }),
          );
          expect(each).toContain(shortest);
          for (const one of each) {
            expect(shortest ?? Infinity).toBeLessThanOrEqual(one ?? Infinity);
          }
        },
      ),
    );
  });

  it('ends the message with its content, and no later than the message itself', () => {
    const until = '2026-12-01T00:00:00.000Z';
    const content = { sealed: 'sealed:…', until };
    const expiry = (expiresAt?: string) => withinRetention({ content, expiresAt }).expiresAt;
    expect(expiry()).toBe(until);
    expect(expiry('2027-01-01T00:00:00+05:00')).toBe(until);
    expect(expiry('2026-11-30T23:59:59Z')).toBe('2026-11-30T23:59:59Z');
    expect(withinRetention({ content: CONTENT, expiresAt: undefined }).expiresAt).toBeUndefined();
  });
});

describe('a batch', () => {
  it('has each message under a key of its own, which its workflow has too', async () => {
    const entries = [
      { message: message() },
      { faults: [{ field: 'content', detail: 'is missing' }] },
      { message: message({ deduplicationKey: 'another' }) },
    ];
    const stored = await sealEntries(vault, retention(DAY_MS), entries);
    expect(JSON.stringify(stored)).not.toContain('secret');
    const [{ bytes } = { bytes: new Uint8Array() }] = await chunksOf(stored);
    const read = await entriesOf(bytes);
    const opened = await Promise.all(read.map((each) => openEntry(vault, each)));
    expect(opened.map(({ entry }) => entry)).toEqual(entries);
    const [{ seal = '' } = {}, , { seal: other } = {}] = opened;
    expect(seal).not.toBe(other);
    const start = await sealStart(vault, retention(DAY_MS), startOf(message()), message(), {
      seal,
    });
    expect(start.memo.seal).toBe(seal);
    await vault().erase(seal, {});
    const after = await Promise.all(read.map((each) => openEntry(vault, each)));
    expect(after.map(({ entry }) => 'message' in entry)).toEqual([false, false, true]);
  });
});

/** The ids of tenants' messages: no two tenants, and no two keys, share one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageId, withIds } from '../../src/acceptance/messageId.js';
import { batchId } from '../../src/acceptance/batch.js';
import {
  deduplicationKeySchema,
  messageSchema,
  readableKeySchema,
} from '../../src/domain/message.js';
import {
  idInTenant,
  isVisibleTo,
  ownForm,
  tenantOf,
  TENANT_NAME,
} from '../../src/domain/tenant.js';

const tenant = fc.oneof(
  fc.constantFrom('a', 'b', 'A', 'a.b', 'a-b', 'build', 'builds', 'long', 'tenant', '0'),
  fc.stringMatching(TENANT_NAME),
);
const anyTenant = fc.option(tenant, { nil: undefined });

/** Keys that senders may choose: short ones, long ones, and what looks like an id. */
const key = fc
  .oneof(
    fc.constantFrom('x', 'a/x', 'x/', 'tenant/a/x', '%2F', 'PagerDuty 55', '__proto__', '🚨'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }),
    fc.integer({ min: 180, max: 255 }).map((length) => 'k'.repeat(length)),
    fc.integer({ min: 60, max: 127 }).map((length) => 'é'.repeat(length)),
  )
  .filter((each) => deduplicationKeySchema.safeParse(each).success);

describe('the id of a message', () => {
  it('is never that of another tenant’s, or of another key', () => {
    fc.assert(
      fc.property(anyTenant, key, anyTenant, key, (one, first, other, second) => {
        fc.pre(one !== other || first !== second);
        expect(messageId(one, first)).not.toBe(messageId(other, second));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is one that Temporal takes, and that can stand in a path', () => {
    fc.assert(
      fc.property(anyTenant, key, (owner, given) => {
        const id = messageId(owner, given);
        expect(Buffer.byteLength(id)).toBeLessThanOrEqual(255);
        expect(readableKeySchema.safeParse(id).success).toBe(true);
      }),
    );
  });

  it('leads back to the tenant, and to a form that names the same message', () => {
    fc.assert(
      fc.property(anyTenant, key, (owner, given) => {
        const id = messageId(owner, given);
        expect(tenantOf(id)).toBe(owner);
        expect(isVisibleTo(owner, id)).toBe(true);
        expect(messageId(owner, id)).toBe(id);
        expect(messageId(owner, ownForm(owner, id))).toBe(id);
        if (!id.includes('/sendproof/long/')) expect(ownForm(owner, id)).toBe(given);
      }),
    );
  });

  it('is out of reach for every other tenant, also by its whole form', () => {
    fc.assert(
      fc.property(tenant, tenant, key, (owner, other, given) => {
        fc.pre(owner !== other);
        const id = messageId(owner, given);
        expect(isVisibleTo(other, id)).toBe(false);
        expect(messageId(other, id)).not.toBe(id);
        expect(idInTenant(other, id)).not.toBe(id);
        expect(ownForm(other, id)).toBe(id);
      }),
    );
  });

  it('can’t be chosen by a sender', () => {
    fc.assert(
      fc.property(tenant, key, (owner, given) => {
        expect(deduplicationKeySchema.safeParse(messageId(owner, given)).success).toBe(false);
      }),
    );
  });

  it('is the key itself for who has no tenant, as in earlier releases', () => {
    fc.assert(
      fc.property(key, (given) => {
        expect(messageId(undefined, given)).toBe(given);
      }),
    );
    expect(tenantOf('pagerduty-55')).toBeUndefined();
    expect(tenantOf('sendproof/notice/x')).toBeUndefined();
  });

  it('is hashed where the tenant’s name makes it too long', () => {
    expect(messageId('build', 'k'.repeat(232))).toBe(`sendproof/tenant/build/${'k'.repeat(232)}`);
    expect(messageId('build', 'k'.repeat(233))).toMatch(
      /^sendproof\/tenant\/build\/sendproof\/long\/[\w-]{43}$/,
    );
  });
});

it('separates the conversations of tenants, too', () => {
  const sent = messageSchema.parse({
    deduplicationKey: 'k',
    destinations: ['slack:default/C0123ABC'],
    content: { text: 'x' },
    conversation: { key: 'c' },
  });
  expect(withIds(sent)).toBe(sent);
  expect(withIds({ ...sent, tenant: 'a', partOf: { key: 'p' } })).toMatchObject({
    deduplicationKey: 'sendproof/tenant/a/k',
    conversation: { key: 'sendproof/tenant/a/c' },
    partOf: { key: 'sendproof/tenant/a/p' },
  });
});

it('gives batches of two tenants two ids, with a key, a long one and none', () => {
  for (const given of ['nightly', 'k'.repeat(240), undefined]) {
    const ids = ['a', 'b', undefined].map((each) => batchId(given, 'identity', each));
    expect(new Set(ids).size).toBe(3);
    expect(isVisibleTo('a', ids[0] ?? '')).toBe(true);
    for (const id of ids) expect(Buffer.byteLength(`sendproof/batch/${id}`)).toBeLessThan(256);
  }
});

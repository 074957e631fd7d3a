import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SUMMARY_BYTES } from '../../../src/contract/userMetadata.js';
import { ContentCodec } from '../../../src/temporal/encryption/contentCodec.js';
import {
  ContentEncryption,
  noEncryption,
} from '../../../src/temporal/encryption/contentEncryption.js';
import { UnreadableContent } from '../../../src/temporal/encryption/unreadableContent.js';

const key = (id: string) => ({ id, bytes: randomBytes(32) });
const [k1, k2] = [key('k1'), key('k2')];

const bytes = fc.uint8Array({ maxLength: 300 });
const payloads = fc.array(
  fc.record(
    {
      metadata: fc.dictionary(
        fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
        bytes,
        { maxKeys: 4, noNullPrototype: true },
      ),
      data: bytes,
    },
    { requiredKeys: [] },
  ),
  { maxLength: 5 },
);

/** Only what was set, with the bytes as arrays, so that a Buffer equals a Uint8Array. */
function plain(payload: Payload) {
  const metadata = Object.entries(payload.metadata ?? {}).map(([name, value]) => [
    name,
    [...value],
  ]);
  return { metadata, data: [...(payload.data ?? [])] };
}

function textOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

describe('a payload', () => {
  it('is read as it was written, whatever it is', async () => {
    const codec = new ContentCodec([k1]);
    await fc.assert(
      fc.asyncProperty(payloads, async (given) => {
        const read = await codec.decode(await codec.encode(given));
        expect(read.map(plain)).toEqual(given.map(plain));
      }),
    );
  });

  it('shows nothing of its text, and which key it needs', async () => {
    const [stored] = await new ContentCodec([k1]).encode([textOf({ secret: 'a marker' })]);
    const { data, metadata } = stored ?? {};
    expect(Buffer.from(data ?? []).toString('latin1')).not.toMatch(/secret|marker|json/);
    expect(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString()]),
    ).toEqual([
      ['encoding', 'binary/encrypted'],
      ['encryption-key-id', 'k1'],
      ['encryption-form', '1'],
    ]);
  });

  it('is another text each time, also from another process', async () => {
    const codecs = [new ContentCodec([k1]), new ContentCodec([k1])];
    const same = Array.from({ length: 500 }, () => textOf('the same'));
    const stored = (await Promise.all(codecs.map((codec) => codec.encode(same)))).flat();
    const starts = stored.map(({ data }) =>
      Buffer.from(data ?? [])
        .subarray(0, 28)
        .toString('hex'),
    );
    expect(new Set(starts).size).toBe(1_000);
  });

  it('is refused with any bit of its data changed', async () => {
    const codec = new ContentCodec([k1]);
    const [stored] = await codec.encode([textOf('paged')]);
    const data = Buffer.from(stored?.data ?? []);
    for (let bit = 0; bit < data.length * 8; bit += 1) {
      const changed = Buffer.from(data);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(codec.decode([{ ...stored, data: changed }])).rejects.toThrow(UnreadableContent);
    }
  });

  it('is refused when it is cut or longer', async () => {
    const codec = new ContentCodec([k1]);
    const [stored] = await codec.encode([textOf('paged')]);
    const data = Buffer.from(stored?.data ?? []);
    const others = [...data.keys()].map((length) => data.subarray(0, length));
    for (const changed of [...others, Buffer.concat([data, Buffer.of(0)])]) {
      await expect(codec.decode([{ ...stored, data: changed }])).rejects.toThrow(UnreadableContent);
    }
  });

  it('is refused under the id of another key, or in another form', async () => {
    const codec = new ContentCodec([k1, k2]);
    const [stored] = await codec.encode([textOf('paged')]);
    for (const [name, value] of [
      ['encryption-key-id', 'k2'],
      ['encryption-key-id', ''],
      ['encryption-key-id', '__proto__'],
      ['encryption-form', '2'],
      ['encryption-form', ''],
    ] as const) {
      const metadata = { ...stored?.metadata, [name]: Buffer.from(value) };
      await expect(codec.decode([{ ...stored, metadata }])).rejects.toThrow(UnreadableContent);
    }
    const without = { encoding: Buffer.from('binary/encrypted') };
    await expect(codec.decode([{ metadata: without }])).rejects.toThrow(UnreadableContent);
    await expect(codec.decode([{ metadata: without, data: null }])).rejects.toThrow(
      'encrypted with the key (without an id), which',
    );
  });

  it('that the Web UI shows beside a history stays within Temporal’s limit', async () => {
    const [stored] = await new ContentCodec([k1]).encode([
      textOf('x'.repeat(SUMMARY_BYTES - '""'.length)),
    ]);
    expect(stored?.data?.length).toBeLessThanOrEqual(400);
  });

  it('from before is read as it is', async () => {
    const before = [textOf('in clear'), textOf(undefined), {}, { data: Buffer.of(1) }];
    expect(await new ContentCodec([k1]).decode(before)).toEqual(before);
  });

  it('is written as it is without keys', async () => {
    const given = [textOf('in clear'), {}];
    const codec = new ContentCodec([]);
    expect(await codec.encode(given)).toEqual(given);
    expect(await codec.decode(given)).toEqual(given);
  });
});

describe('a rotation', () => {
  it('begins with a key that reads and doesn’t write', async () => {
    const prepared = new ContentCodec([k1], { encrypts: false });
    expect(prepared.encrypts).toBe(false);
    expect(await prepared.encode([textOf('paged')])).toEqual([textOf('paged')]);
    const stored = await new ContentCodec([k1]).encode([textOf('paged')]);
    expect((await prepared.decode(stored)).map(plain)).toEqual([plain(textOf('paged'))]);
  });

  it('has the first key write, and all read', async () => {
    const old = new ContentCodec([k1]);
    const prepared = new ContentCodec([k1, k2]);
    const moved = new ContentCodec([k2, k1]);
    for (const writer of [old, prepared, moved]) {
      const stored = await writer.encode([textOf('paged')]);
      for (const reader of [prepared, moved]) {
        expect((await reader.decode(stored)).map(plain)).toEqual([plain(textOf('paged'))]);
      }
    }
    const [stored] = await moved.encode([textOf('paged')]);
    await expect(old.decode([stored ?? {}])).rejects.toThrow(
      'Its content is encrypted with the key k2, which this installation doesn’t have. Add the key under encryption.keys.',
    );
  });

  it('with another key under the same id says so', async () => {
    const [stored] = await new ContentCodec([k1]).encode([textOf('paged')]);
    const other = new ContentCodec([{ id: 'k1', bytes: k2.bytes }]);
    await expect(other.decode([stored ?? {}])).rejects.toThrow(
      'the key with this id is another one than it was encrypted with',
    );
  });
});

describe('a process', () => {
  const keysOf = (id: string, text: string) => ({
    keys: [{ id, source: { reveal: () => text } }],
    encrypt: true,
  });

  it('says for readiness which keys it lacks, once each and not for ever', async () => {
    let unreadable = 0;
    const encryption = new ContentEncryption(keysOf('k1', k1.bytes.toString('hex')), () => {
      unreadable += 1;
    });
    expect(encryption.warnings).toEqual([]);
    for (let index = 0; index < 30; index += 1) {
      const stored = await new ContentCodec([key(`lost-${index}`)]).encode([textOf('paged')]);
      await expect(encryption.codec.decode(stored)).rejects.toThrow(`lost-${index}`);
      await expect(encryption.codec.decode(stored)).rejects.toThrow(`lost-${index}`);
    }
    expect(unreadable).toBe(60);
    expect(encryption.warnings).toHaveLength(10);
    expect(encryption.warnings[0]).toBe(
      'Some messages can’t be read. Their content is encrypted with the key lost-0, which this installation doesn’t have. Add the key under encryption.keys.',
    );
  });

  it('without keys says so of what was encrypted before, too', async () => {
    const stored = await new ContentCodec([k1]).encode([textOf('paged')]);
    const encryption = noEncryption();
    expect(encryption.isOn).toBe(false);
    await expect(encryption.codec.decode(stored)).rejects.toThrow('the key k1, which');
  });

  it.each(['base64', 'base64url', 'hex'] as const)('takes a key in %s', async (form) => {
    const encryption = new ContentEncryption(keysOf('k1', k1.bytes.toString(form)));
    const stored = await new ContentCodec([k1]).encode([textOf('paged')]);
    expect((await encryption.codec.decode(stored)).map(plain)).toEqual([plain(textOf('paged'))]);
    expect(encryption.isOn).toBe(true);
  });

  it.each([
    ['of 16 bytes', randomBytes(16).toString('base64'), 'has 16 bytes'],
    ['of 33 bytes', randomBytes(33).toString('base64'), 'has 33 bytes'],
    ['with a digit too few', randomBytes(32).toString('hex').slice(1), 'has 47 bytes'],
    ['that is a passphrase', 'correct horse battery staple', 'is neither base64 nor hexadecimal'],
    ['that was never drawn', Buffer.alloc(32).toString('base64'), 'repeats one byte'],
  ])('refuses a key %s, without showing it', (_, text, fault) => {
    const make = () => new ContentEncryption(keysOf('k7', text));
    expect(make).toThrow(`encryption: the key k7 ${fault}`);
    expect(make).not.toThrow(text);
  });
});

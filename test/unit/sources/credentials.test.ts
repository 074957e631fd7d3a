/** The ways in which senders prove who they are, beside signatures. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { withSecretsOf } from '../../../src/lib/secret.js';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../../../src/sources/authentication/credentials.js';
import { sampleRequest } from '../../../src/sources/sampleRequest.js';

const schema = z.strictObject(credentialFields).superRefine(refineCredentials);
const SAMPLE = { headers: {}, body: '{}' };
const NEW = { env: 'NEW' };
const OLD = { env: 'OLD' };

function authentication(settings: object, environment: NodeJS.ProcessEnv) {
  return allOf(credentials(withSecretsOf(environment, () => schema.parse(settings))));
}

const KINDS: [string, (secret: unknown) => object][] = [
  ['bearer', (bearer) => ({ bearer })],
  ['basic', (password) => ({ basic: { username: 'grüße', password } })],
  ['header', (value) => ({ header: { name: 'X-Token', value } })],
  ['token', (token) => ({ token })],
];

async function verdictOf(
  receiver: ReturnType<typeof authentication>,
  sender: ReturnType<typeof authentication>,
) {
  const verdict = await receiver.verify(sampleRequest(sender.sign(SAMPLE)));
  return verdict === 'authentic' ? 'authentic' : 'refused';
}

it.each(KINDS)('%s: the new and the old secret are right, others are not', async (_, settings) => {
  const receiver = authentication(settings([NEW, OLD]), { NEW: 'new ✓', OLD: 'old' });
  const sendingWith = (secret: string) => authentication(settings(NEW), { NEW: secret });
  expect(receiver.isAuthenticated).toBe(true);
  expect(await verdictOf(receiver, sendingWith('new ✓'))).toBe('authentic');
  expect(await verdictOf(receiver, sendingWith('old'))).toBe('authentic');
  for (const wrong of ['new', 'new ✓x', 'ol', 'OLD', 'undefined']) {
    expect(await verdictOf(receiver, sendingWith(wrong))).toBe('refused');
  }
  expect(await receiver.verify(sampleRequest(SAMPLE))).toHaveProperty('refusedBecause');
});

it.each(KINDS)('%s: an old secret that was removed stops nothing', async (_, settings) => {
  const receiver = authentication(settings([NEW, OLD]), { NEW: 'new' });
  expect(await verdictOf(receiver, authentication(settings(NEW), { NEW: 'new' }))).toBe(
    'authentic',
  );
});

it.each(KINDS)('%s: no secret at all is an error, and never right', async (_, settings) => {
  const receiver = authentication(settings(NEW), {});
  const sender = authentication(settings(NEW), { NEW: 'x' });
  await expect(verdictOf(receiver, sender)).rejects.toThrow('NEW is not set');
});

it('must all be right where several are configured', async () => {
  const environment = { NEW: 'new', OLD: 'old' };
  const receiver = authentication({ bearer: NEW, token: OLD }, environment);
  expect(await verdictOf(receiver, authentication({ bearer: NEW }, environment))).toBe('refused');
  expect(await verdictOf(receiver, authentication({ token: OLD }, environment))).toBe('refused');
  expect(await verdictOf(receiver, receiver)).toBe('authentic');
});

it.each([
  [
    { bearer: NEW, basic: { username: 'a', password: NEW } },
    'basic and bearer are sent in the same',
  ],
  [{ bearer: NEW, header: { name: 'authorization', value: NEW } }, 'bearer and header are sent'],
  [{ basic: { username: 'a:b', password: NEW } }, 'must not have a colon'],
  [{ header: { name: 'X Token', value: NEW } }, 'must be the name of a header'],
  [{ bearer: 'the-secret-itself' }, 'must be { env: NAME } or { file: PATH }'],
])('%j is refused at load', (settings, because) => {
  expect(() => schema.parse(settings)).toThrow(because);
});

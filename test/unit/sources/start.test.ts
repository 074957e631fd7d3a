/** What the API checks of its sources before it takes a request. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTracing, type Tracing } from '../../../src/telemetry/tracing.js';
import { startSourceApi } from './sourceApi.js';

let tracing: Tracing;
beforeAll(() => {
  tracing = startTracing('sendproof-test');
});
afterAll(() => tracing.stop());

const SOURCES = { pd: { type: 'pagerduty', secret: [{ env: 'PD_NEW' }, { env: 'PD_OLD' }] } };

it('is that a secret can be read', async () => {
  await expect(startSourceApi(SOURCES, {})).rejects.toThrow(
    'sources.pd: The environment variable PD_NEW is not set',
  );
});

it('is not that every secret can be read: one is removed after the other', async () => {
  const api = await startSourceApi(SOURCES, { PD_NEW: 'new' });
  expect(api.log()).toContain('PD_OLD is not set');
  await api.close();
});

it('is that other machines don’t reach a source that knows nobody', async () => {
  const open = { am: { type: 'alertmanager' } };
  const api = await startSourceApi(open, {});
  expect((await fetch(`${api.url}/v1/sources/am`, { method: 'POST', body: '{}' })).status).toBe(
    202,
  );
  await api.close();
  await expect(
    startSourceApi(open, { HOST: '0.0.0.0', SENDPROOF_API_KEYS: 'a-key' }),
  ).rejects.toThrow('these sources have no authentication: am');
});

it.each([
  [{ type: 'pagerduti', secret: { env: 'X' } }, 'did you mean "pagerduty"?'],
  [{ type: 'pagerduty', secrt: { env: 'X' } }, 'did you mean "secret"?'],
  [{ type: 'pagerduty', secret: { env: 'X' }, unrutable: {} }, 'did you mean "unroutable"?'],
  [{ type: 'pagerduty' }, 'sources.pd.secret: '],
  [{ type: 'pagerduty', secret: 'the-secret-itself' }, 'must be { env: NAME } or { file: PATH }'],
  [{ type: 'sentry', secret: { env: 'X' }, respondWithin: 5 }, 'needs a unit'],
])('is not a source with a fault: %j', async (settings, because) => {
  await expect(startSourceApi({ pd: settings }, { X: 'x' })).rejects.toThrow(because);
});

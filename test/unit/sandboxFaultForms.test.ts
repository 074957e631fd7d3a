/** The buttons of the sandbox's page: they set and clear faults without JSON, and for its own page alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/interface.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());

const page = async () => await (await fetch(sandbox.url)).text();

const press = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${sandbox.url}/page/faults`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
    body: new URLSearchParams(fields),
  });

const presets = async () =>
  [...(await page()).matchAll(/name="preset" value="([^"]+)"/g)].map(([, name = '']) => name);

describe('the sandbox’s page', () => {
  it('has buttons of which each sets a fault that the sandbox takes', async () => {
    const names = await presets();
    expect(names.length).toBeGreaterThan(5);
    for (const [index, preset] of names.entries()) {
      const answer = await press({ preset });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
      expect(sandbox.faults()).toHaveLength(index + 1);
    }
    expect(new Set(names).size).toBe(names.length);
  });

  it('clears one fault, and all', async () => {
    await press({ preset: 'slack-down' });
    await press({ preset: 'teams-down' });
    const [first, second] = sandbox.faults();
    expect(await page()).toContain(`name="clear" value="${first?.id ?? ''}"`);
    expect((await press({ clear: first?.id ?? '' })).status).toBe(303);
    expect(sandbox.faults()).toEqual([second]);
    // Somebody else has cleared it meanwhile.
    expect((await press({ clear: first?.id ?? '' })).status).toBe(303);
    await press({ preset: 'slack-down' });
    await press({ clear: 'all' });
    expect(sandbox.faults()).toEqual([]);
    expect(await page()).not.toContain('Clear all');
  });

  it('takes no form of another site, and nothing else than its buttons', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none', origin: 'null' },
    ] as Record<string, string>[]) {
      expect((await press({ preset: 'slack-down' }, headers)).status).toBe(403);
    }
    for (const fields of [{}, { preset: '__proto__' }, { preset: 'x', clear: 'all' }]) {
      expect((await press(fields as Record<string, string>)).status).toBe(400);
    }
    expect(sandbox.faults()).toEqual([]);
  });

  it('shows text of faults as text', async () => {
    sandbox.addFault({ kind: 'slack_error', platform: 'slack', error: '<script>1</script>' });
    expect(await page()).not.toContain('<script>1');
  });
});

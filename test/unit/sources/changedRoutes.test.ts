import { expect, it } from 'vitest';
import { startTracing } from '../../../src/telemetry/tracing.js';
import { eventually } from '../../eventually.js';
import { inputOf } from '../intakeApi.js';
import { startSourceApi } from './sourceApi.js';

it('routes what sources send by the routes that the file has now, without a restart', async () => {
  const tracing = startTracing('sendproof-test');
  const api = await startSourceApi({ jobs: { type: 'generic' } }, {});
  let sent = 0;
  const destinationOf = async (path: string, event: object): Promise<string> => {
    const response = await fetch(`${api.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...event, title: `Job ${(sent += 1)} failed` }),
    });
    expect(response.status).toBe(202);
    return JSON.stringify(inputOf(api.starts.at(-1)).deliveries);
  };
  const fromSource = () => destinationOf('/v1/sources/jobs', {});
  const asEvent = () => destinationOf('/v1/events', { key: `key-${sent}`, source: 'ci' });
  try {
    expect(await fromSource()).toContain('C0EVERYTHING');
    api.changeRoutes([{ name: 'moved', to: ['slack:default/C0ELSEWHERE'] }]);
    await eventually(async () => expect(await fromSource()).toContain('C0ELSEWHERE'));
    expect(await asEvent()).toContain('C0ELSEWHERE');
  } finally {
    await api.close();
    await tracing.stop();
  }
});

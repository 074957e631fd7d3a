import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Parts } from '../../src/lib/parts.js';

const log = pino({ enabled: false });

describe('the parts of a process', () => {
  it('stop in the reverse order of their start, each after the one before has stopped', async () => {
    const parts = new Parts(log);
    const stopped: string[] = [];
    for (const name of ['server', 'connection', 'worker']) {
      parts.add(name, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        stopped.push(name);
      });
    }
    expect(await parts.stop()).toBe(true);
    expect(stopped).toEqual(['worker', 'connection', 'server']);
  });

  it('stop all the same when one of them fails to, or takes too long', async () => {
    const lines: { msg: string; err: { message: string } }[] = [];
    const parts = new Parts(
      pino({}, { write: (line) => lines.push(JSON.parse(line) as never) }),
      20,
    );
    let isStopped = false;
    parts.add('server', () => {
      isStopped = true;
      return Promise.resolve();
    });
    parts.add('connection', () => Promise.reject(new Error('it is in use')));
    parts.add('worker', () => new Promise(() => undefined));
    expect(await parts.stop()).toBe(false);
    expect(isStopped).toBe(true);
    expect(lines.map(({ msg, err }) => [msg, err.message])).toEqual([
      ['did not stop cleanly: worker', 'It is still running after 0.02 s.'],
      ['did not stop cleanly: connection', 'it is in use'],
    ]);
  });
});

/** A query parameter with nothing in it is a mistake of its sender: it never means "all of them". */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operations } from '../openapiOperations.js';
import { startIntakeApi, type IntakeApi } from './intakeApi.js';

const parameters = operations.flatMap(({ method, operation, path }) =>
  (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => ({ method: method.toUpperCase(), path, name })),
);

let intake: IntakeApi;
beforeAll(async () => {
  intake = await startIntakeApi();
});
afterAll(() => intake.close());
beforeEach(() => {
  intake.calls.length = 0;
});

describe.each(parameters)('$method $path?$name=', ({ method, name, path }) => {
  it.each(['', ' ', '%20%09', '%00', '%E2%80%8B', '%E3%85%A4%E2%A0%80'])(
    'is a 400 that names it, and asks Temporal nothing: %j',
    async (value) => {
      const at = path.replaceAll(/\{\w+\}/g, 'a-key');
      const answer = await fetch(`${intake.api.url}${at}?${name}=${value}`, { method });
      expect(answer.status).toBe(400);
      const { errors } = (await answer.json()) as { errors?: { field: string }[] };
      expect(errors?.map(({ field }) => field)).toEqual([name]);
      expect(intake.calls).toEqual([]);
    },
  );
});

it('are the parameters of searches, at least', () => {
  const ofSearch = parameters.filter(({ path }) => path === '/v1/messages');
  expect(ofSearch.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['source', 'reference', 'traceId', 'destination', 'status', 'q']),
  );
});

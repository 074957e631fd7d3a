import { STATUS_CODES } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statedStatus } from '../../../src/http/statedStatus.js';
import { expectProcessorMsBelow } from '../../processorTime.js';

const CONNECTOR =
  'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error';

describe('the status that a body states', () => {
  it.each<[string, number]>([
    [`${CONNECTOR} 429 with ContextId tcid=0,server=msgapi-production-503,cv=x.0..`, 429],
    [`${CONNECTOR} 413 with ContextId tcid=622824298674363899,server=DB5PEPF00003FC8.`, 413],
    ['HTTP/1.1 503 Service Unavailable', 503],
    ['HTTP status code: 403', 403],
    ['Request failed with status code 502', 502],
    ['StatusCode=401', 401],
    ['error (504)', 504],
    ['429', 429],
    ['429 Too Many Requests', 429],
    ['too many requests.', 429],
    ['Bad Gateway', 502],
    ['"Forbidden"', 403],
    ['{"status":400,"body":"Invalid type"}', 400],
    ['{"statusCode":429,"message":"Rate limit is exceeded. Try again in 5 seconds."}', 429],
    ['{"error":{"code":"TooManyRequests","message":"Later."}}', 429],
    ['{"error":{"code":"413"}}', 413],
    ['{"error":"Request Entity Too Large"}', 413],
    ['[{"error":{"status":404}}]', 404],
    ['{"ok":false,"details":{"message":"upstream: HTTP error 500"}}', 500],
    ['Microsoft Teams endpoint returned 429', 429],
    ['The flow responded with 502: try again.', 502],
    ['HTTP status code is 429', 429],
    ['429.', 429],
    ['Error 404.', 404],
    ['Request failed: 429 (Too Many Requests)', 429],
    ['upstream said 503 Service Unavailable, sorry', 503],
    ['{"message":"Too Many Requests"}', 429],
    ['{"Message":"Forbidden"}', 403],
    ['{"title":"Bad Gateway"}', 502],
    ['Rate limit exceeded', 429],
    ['{"error":"rate_limit_exceeded"}', 429],
    ['Rate limit is exceeded. Try again in 5 seconds.', 429],
    ['Throttled', 429],
    ['Request was throttled. Expected available in 9 seconds.', 429],
  ])('of %s is %i', (body, status) => {
    expect(statedStatus(body)).toBe(status);
  });

  it.each([
    '',
    '1',
    'OK',
    '{}',
    'null',
    '{"status":"Succeeded","code":200}',
    'HTTP status 200',
    'error 4290',
    'tcid=429',
    'Summary or Text is required.',
    '503 servers were informed',
    'The search returned 404 results',
    'Alert: the rate limit was exceeded at the checkout',
    'error 429.5',
  ])('is none in "%s"', (body) => {
    expect(statedStatus(body)).toBeUndefined();
  });

  const anyError = fc.constantFrom(
    ...Object.keys(STATUS_CODES)
      .map(Number)
      .filter((status) => status >= 400),
  );

  it('is found in every form, for every status', () => {
    fc.assert(
      fc.property(anyError, (status) => {
        const name = STATUS_CODES[status] ?? '';
        const forms = [
          `${CONNECTOR} ${status} with ContextId x`,
          `HTTP ${status}`,
          `${status} ${name}`,
          JSON.stringify({ error: { code: name.replaceAll(' ', ''), message: 'words' } }),
          JSON.stringify({ statusCode: status, message: name }),
          JSON.stringify({ message: `Error: HTTP ${status}` }),
        ];
        expect(forms.map((form) => statedStatus(form))).toEqual(forms.map(() => status));
      }),
    );
  });

  it.each([
    ['error ', 2_700_000],
    ['error', 3_200_000],
    ['status code ', 1_000_000],
    [' ', 10_000_000],
    ['40 ', 5_000_000],
    ['[', 8_000_000],
    ['{"error":', 1_000_000],
    ['rate limit ', 1_000_000],
  ])('takes no time to look for in 16 MiB of %j', (unit, times) => {
    for (const body of [unit.repeat(times), JSON.stringify({ error: unit.repeat(times) })]) {
      expectProcessorMsBelow(2_000, () => expect(statedStatus(body)).toBeUndefined());
    }
  });

  it.each(['[', '{"error":'])('is none below 5,000 levels of %s', (opening) => {
    const closing = opening === '[' ? ']' : '}';
    const body = `${opening.repeat(5_000)}429${closing.repeat(5_000)}`;
    expect(statedStatus(body)).toBeUndefined();
  });

  it('is one of 400 to 599, or none, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const status = statedStatus(body) ?? 400;
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(600);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { isFifo, queueNameOf, regionOf, sqsSchema } from '../../../src/queues/sqs/settings.js';

const URL_OF = (name: string) => `https://sqs.eu-west-1.amazonaws.com/000000000000/${name}`;
const valid = { url: URL_OF('alarms'), deadLetterUrl: URL_OF('alarms-dead') };

describe('the settings of an SQS queue', () => {
  it.each([
    [URL_OF('q'), 'eu-west-1'],
    ['https://sqs-fips.us-gov-west-1.amazonaws.com/0/q', 'us-gov-west-1'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/0/q', 'cn-north-1'],
    ['https://eu-central-1.queue.amazonaws.com/0/q', 'eu-central-1'],
    ['https://sqs.us-east-1.api.aws/0/q', 'us-east-1'],
    ['http://127.0.0.1:9324/000000000000/q', undefined],
    ['https://sqs.example.com/0/q', undefined],
  ])('have the region of %s', (url, region) => {
    expect(regionOf(url)).toBe(region);
  });

  it('know a FIFO queue by its name', () => {
    expect(isFifo(URL_OF('q.fifo'))).toBe(true);
    expect(isFifo(URL_OF('fifo'))).toBe(false);
    expect(queueNameOf(URL_OF('q.fifo'))).toBe('q.fifo');
  });

  it('have defaults', () => {
    expect(sqsSchema.parse(valid)).toMatchObject({ visibilityTimeout: 30_000 });
  });

  it.each([
    ['no URL', { ...valid, url: 'alarms' }, 'url'],
    ['no name in the URL', { ...valid, url: 'https://sqs.eu-west-1.amazonaws.com/' }, 'url'],
    ['a password in the URL', { ...valid, url: 'https://me:pw@sqs.example.com/q' }, 'url'],
    ['no queue for dead letters', { url: valid.url }, 'deadLetterUrl'],
    ['one queue for both', { ...valid, deadLetterUrl: valid.url }, 'deadLetterUrl'],
    ['no region anywhere', { ...valid, url: 'http://127.0.0.1:9324/0/q' }, 'region'],
    ['no region', { ...valid, region: 'Europe (Ireland)' }, 'region'],
    ['too short a time', { ...valid, visibilityTimeout: '5s' }, 'visibilityTimeout'],
    ['too long a time', { ...valid, visibilityTimeout: '13h' }, 'visibilityTimeout'],
    ['no unit', { ...valid, visibilityTimeout: 30 }, 'visibilityTimeout'],
    ['an endpoint of another protocol', { ...valid, endpoint: 'ftp://x' }, 'endpoint'],
    ['an unknown field', { ...valid, fifo: true }, undefined],
  ])('are refused with %s', (_, settings, field) => {
    const { error } = sqsSchema.safeParse(settings);
    expect(error?.issues.map(({ path }) => path[0])).toContain(field);
  });
});

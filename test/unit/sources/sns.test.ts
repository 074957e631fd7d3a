import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { isCertificateOfSns, isServedBySns } from '../../../src/sources/sns/certificates.js';
import { sns } from '../../../src/sources/sns/source.js';
import type { Sample, Source, SourceRequest } from '../../../src/sources/source.js';
import { startTracing } from '../../../src/telemetry/tracing.js';
import { describeSourceContract } from './contract.js';
import { FakeSns, type Notification } from './fakeSns.js';
import { changed, parsing, requestOf } from './parsed.js';
import { startSourceApi, type SourceApi } from './sourceApi.js';

const aws = await FakeSns.start();
afterAll(async () => {
  await aws.close();
});
beforeEach(() => {
  aws.requests.length = 0;
  aws.status = 200;
  aws.release = Promise.resolve();
});

const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:alarms';
const SETTINGS = { topics: ['arn:aws:sns:*:000000000000:*'], emulator: aws.url };

describeSourceContract({
  type: sns,
  settings: (token) => ({ ...SETTINGS, token }),
  authenticate: ({ body, headers }, token) => ({ headers, body: withSignature(body), token }),
  signsBody: true,
  cannotSign: true,
  bodyProvesItself: { except: ['TopicArn'] },
  senderWaitsMs: 15_000,
});

/** The same bytes, and what SNS adds to them. */
function withSignature(body: string): string {
  const notification = notificationIn(body);
  if (!notification) return body;
  const { Signature, SignatureVersion, SigningCertURL } = aws.signed(notification);
  const added = JSON.stringify({ Signature, SignatureVersion, SigningCertURL });
  return body.replace(/\}(\s*)$/, `,${added.slice(1)}$1`);
}

function notificationIn(body: string): Notification | undefined {
  try {
    const value: unknown = JSON.parse(body.replace(/^\uFEFF/, ''));
    const isFilled = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    return isFilled && !Array.isArray(value) ? (value as Notification) : undefined;
  } catch {
    return undefined;
  }
}

const NOTIFICATION: Notification = {
  Type: 'Notification',
  MessageId: '00000000-0000-5000-8000-000000000055',
  TopicArn: TOPIC,
  Subject: 'Disk full',
  Message: 'Der Plattenplatz auf db-3 ist aus. 😀\r\n97 %',
  Timestamp: '2026-11-23T12:00:00.000Z',
  UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe',
};

const CONFIRMATION: Notification = {
  Type: 'SubscriptionConfirmation',
  MessageId: '00000000-0000-5000-8000-000000000056',
  Token: 'token-of-the-subscription',
  TopicArn: TOPIC,
  Message: 'You have chosen to subscribe.',
  SubscribeURL: `${aws.url}/?Action=ConfirmSubscription&Token=t`,
  Timestamp: '2026-11-23T12:00:00.000Z',
};

function sourceWith(settings: object = {}): Source {
  const source = sns.schema.parse({ type: 'sns', ...SETTINGS, ...settings });
  return sns.create(source, 'sns');
}

function asRequest(notification: unknown, headers: Record<string, string> = {}): SourceRequest {
  return requestOf({ headers, body: JSON.stringify(notification) });
}

describe('the signature of SNS', () => {
  it.each(['1', '2'] as const)('of version %s is accepted', async (version) => {
    for (const notification of [NOTIFICATION, CONFIRMATION]) {
      const verdict = await sourceWith().verify(asRequest(aws.signed(notification, version)));
      expect(verdict).toBe('authentic');
    }
  });

  it('covers a notification without a subject', async () => {
    const notification: Notification = { ...NOTIFICATION, Subject: undefined };
    expect(await sourceWith().verify(asRequest(aws.signed(notification)))).toBe('authentic');
    const added = { ...aws.signed(notification), Subject: 'added' };
    expect(await sourceWith().verify(asRequest(added))).not.toBe('authentic');
  });

  it.each(
    ['Type', 'MessageId', 'TopicArn', 'Subject', 'Message', 'Timestamp', 'Signature'].flatMap(
      (name): [string, unknown][] => [
        [name, 'changed'],
        [name, undefined],
        [name, 5],
      ],
    ),
  )('does not fit where %s is %s', async (name, value) => {
    const source = sourceWith({ topics: ['arn:aws:sns:*'] });
    const notification = { ...aws.signed(NOTIFICATION), [name]: value };
    expect(await source.verify(asRequest(notification))).toHaveProperty('refusedBecause');
  });

  it.each([
    ['of the other version', { SignatureVersion: '1' }],
    ['of a version that nobody knows', { SignatureVersion: '3' }],
    ['of no version', { SignatureVersion: undefined }],
    ['with something behind it', { Signature: `${aws.signature(NOTIFICATION)}!` }],
    ['of another key', { Signature: 'AAAA' }],
  ])('%s is refused', async (_, change) => {
    const notification = { ...aws.signed(NOTIFICATION), ...change };
    expect(await sourceWith().verify(asRequest(notification))).toHaveProperty('refusedBecause');
  });

  it('of a subscription is not one of a notification with the same fields', async () => {
    const asNotification = { ...aws.signed(CONFIRMATION), Type: 'Notification' };
    expect(await sourceWith().verify(asRequest(asNotification))).not.toBe('authentic');
  });

  it.each([
    'arn:aws:sns:eu-west-1:000000000000:alarms2',
    'arn:aws:sns:eu-west-1:111111111111:alarms',
    'arn:aws:sns:eu-west-1:000000000000:alarms\n',
    'arn:aws:sns:eu-west-1:000000000000',
    '',
    undefined,
    ['arn:aws:sns:eu-west-1:000000000000:alarms'],
  ])('of the topic %j, which is not one of ours, is refused', async (topic) => {
    const notification = aws.signed({ ...NOTIFICATION, TopicArn: topic });
    const verdict = await sourceWith({ topics: [TOPIC] }).verify(asRequest(notification));
    expect(verdict).toEqual({ refusedBecause: 'the topic is not one of "topics"' });
    expect(aws.requests).toEqual([]);
  });
});

describe('the certificate of SNS', () => {
  const PATH = '/SimpleNotificationService-0123456789abcdef.pem';

  it.each(['sns.eu-west-1.amazonaws.com', 'sns.cn-north-1.amazonaws.com.cn'])(
    'is at %s',
    (host) => {
      expect(isCertificateOfSns(`https://${host}${PATH}`, undefined)).toBe(true);
      expect(isCertificateOfSns(`https://${host}:443${PATH}`, undefined)).toBe(true);
    },
  );

  it.each([
    `http://sns.eu-west-1.amazonaws.com${PATH}`,
    `https://sns.eu-west-1.amazonaws.com:8443${PATH}`,
    `https://sns.eu-west-1.amazonaws.com.example.com${PATH}`,
    `https://sns.eu-west-1.amazonaws.com@example.com${PATH}`,
    `https://user@sns.eu-west-1.amazonaws.com${PATH}`,
    `https://sns.eu-west-1.example.amazonaws.com${PATH}`,
    `https://bucket.s3.amazonaws.com${PATH}`,
    `https://sns.s3.eu-west-1.amazonaws.com${PATH}`,
    `https://xsns.eu-west-1.amazonaws.com${PATH}`,
    `https://sns.eu-west-1.amazonaws.com.${PATH}`,
    `https://sns.eu-west-1.amazonaws.com\\.example.com${PATH}`,
    `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription`,
    `https://sns.eu-west-1.amazonaws.com${PATH}?x=1`,
    `https://sns.eu-west-1.amazonaws.com/other/..%2f${PATH}`,
    `https://ѕns.eu-west-1.amazonaws.com${PATH}`,
    `file:///etc/passwd`,
    `//sns.eu-west-1.amazonaws.com${PATH}`,
    'https://127.0.0.1:1/',
    '',
  ])('is not at %s', (address) => {
    expect(isCertificateOfSns(address, undefined)).toBe(false);
  });

  it('is at no host that only looks like one of SNS', () => {
    const real = 'sns.eu-west-1.amazonaws.com';
    const part = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    const lookalike = fc.oneof(
      part.map((name) => `${name}${real}`),
      part.map((name) => `${real}${name}`),
      part.map((name) => `${name}.${real}`),
      part.map((name) => `${real}.${name}`),
      part.map((name) => `sns.${name}.x.amazonaws.com`),
      part.map((name) => `sns.eu-west-1.${name}.com`),
      part.map((name) => `${name}.eu-west-1.amazonaws.com`),
      part.map((name) => `${real}@${name}.com`),
      part.map((name) => `${name}:${name}@${real}`),
      part.map((name) => `${real}#@${name}.com`),
      part.map((name) => `${name}.com/${real}`),
      part.map((name) => `${name}.com?${real}`),
    );
    fc.assert(
      fc.property(lookalike, fc.constantFrom('https:', 'http:', 'ftp:'), (host, protocol) => {
        const address = `${protocol}//${host}${PATH}`;
        if (!isServedBySns(address, undefined)) return;
        // What is accepted is asked of AWS: the name ends as its names do, and has no more parts.
        const { hostname } = new URL(address);
        expect(hostname).toMatch(/^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/);
        expect(protocol).toBe('https:');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not asked for elsewhere', async () => {
    const notification = { ...aws.signed(NOTIFICATION), SigningCertURL: 'http://127.0.0.1:9/sns' };
    expect(await sourceWith().verify(asRequest(notification))).toHaveProperty('refusedBecause');
    const real = sourceWith({ emulator: undefined });
    expect(await real.verify(asRequest(aws.signed(NOTIFICATION)))).toHaveProperty('refusedBecause');
    expect(aws.requests).toEqual([]);
  });

  it('is fetched once for all requests that come at the same time', async () => {
    const source = sourceWith();
    let release = (): void => undefined;
    aws.release = new Promise<void>((resolve) => (release = resolve));
    const request = asRequest(aws.signed(NOTIFICATION));
    const verdicts = Array.from({ length: 20 }, async () => await source.verify(request));
    // It is decided without the certificate, and does not wait for it.
    const other = asRequest(aws.signed({ ...NOTIFICATION, TopicArn: 'arn:aws:sns:x:1:y' }));
    expect(await source.verify(other)).toHaveProperty('refusedBecause');
    release();
    expect(new Set(await Promise.all(verdicts))).toEqual(new Set(['authentic']));
    expect(await source.verify(request)).toBe('authentic');
    expect(aws.requests).toEqual(['/sns.pem']);
  });

  it.each([500, 503, 404, 403, 302])(
    'is asked for again after HTTP %i, and the request is to be sent again',
    async (status) => {
      const source = sourceWith();
      const request = asRequest(aws.signed(NOTIFICATION));
      aws.status = status;
      await expect(source.verify(request)).rejects.toThrow(`HTTP ${status}`);
      aws.status = 200;
      expect(await source.verify(request)).toBe('authentic');
    },
  );

  it('is asked for again where the answer is something else', async () => {
    const notification = { ...aws.signed(NOTIFICATION), SigningCertURL: `${aws.url}/` };
    await expect(sourceWith().verify(asRequest(notification))).rejects.toThrow(/could not be/);
  });
});

it.each(['HTTP:', 'Http:', 'hTTp:'])(
  'a certificate’s address that begins with %s was changed on its way',
  async (scheme) => {
    const notification = aws.signed(NOTIFICATION);
    const changed = {
      ...notification,
      SigningCertURL: aws.certificateUrl.replace('http:', scheme),
    };
    expect(await sourceWith().verify(asRequest(changed))).not.toBe('authentic');
  },
);

describe('a subscription', () => {
  let api: SourceApi;
  const sources = {
    aws: { type: 'sns', ...SETTINGS },
    asked: { type: 'sns', ...SETTINGS, confirm: false },
  };
  const post = (name: string, notification: unknown, headers: Record<string, string> = {}) =>
    fetch(`${api.url}/v1/sources/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain; charset=UTF-8', ...headers },
      body: JSON.stringify(notification),
    });

  beforeEach(async () => {
    const tracing = startTracing('test');
    api = await startSourceApi(sources, {});
    return async () => {
      await api.close();
      await tracing.stop();
    };
  });

  it('is confirmed by one request', async () => {
    const answer = await post('aws', aws.signed(CONFIRMATION));
    expect(answer.status).toBe(200);
    expect(aws.requests).toEqual(['/sns.pem', '/?Action=ConfirmSubscription&Token=t']);
    expect(api.starts).toEqual([]);
    expect(api.log()).not.toContain('token-of-the-subscription');
  });

  it('is confirmed later where SNS fails now', async () => {
    expect((await post('aws', aws.signed(NOTIFICATION))).status).toBe(202);
    for (const status of [500, 403, 302]) {
      aws.status = status;
      const answer = await post('aws', aws.signed(CONFIRMATION));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
  });

  it('is not confirmed where its request is not authentic, or names another host', async () => {
    const forged = { ...aws.signed(CONFIRMATION), Token: 'other' };
    expect((await post('aws', forged)).status).toBe(401);
    const elsewhere = { ...CONFIRMATION, SubscribeURL: 'http://127.0.0.1:9/' };
    expect((await post('aws', aws.signed(elsewhere))).status).toBe(202);
    expect(aws.requests).toEqual(['/sns.pem']);
    expect(api.starts).toHaveLength(1);
  });

  it('is shown to people where they are to confirm it, and when it ended', async () => {
    expect((await post('asked', aws.signed(CONFIRMATION))).status).toBe(202);
    const ended = { ...CONFIRMATION, Type: 'UnsubscribeConfirmation', MessageId: 'ended' };
    expect((await post('aws', aws.signed(ended))).status).toBe(202);
    expect(aws.requests.filter((path) => path !== '/sns.pem')).toEqual([]);
    expect(api.starts).toHaveLength(2);
  });

  it('asks for a certificate again that could not be fetched', async () => {
    aws.status = 503;
    const answer = await post('aws', aws.signed(NOTIFICATION));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    aws.status = 200;
    expect((await post('aws', aws.signed(NOTIFICATION))).status).toBe(202);
  });

  it('with raw delivery has no signature, which the log says', async () => {
    const answer = await fetch(`${api.url}/v1/sources/aws`, {
      method: 'POST',
      headers: { 'x-amz-sns-rawdelivery': 'true', 'x-amz-sns-topic-arn': TOPIC },
      body: 'The disk is full.',
    });
    expect(answer.status).toBe(401);
    expect(api.log()).toContain('turn raw message delivery off');
  });
});

describe('what SNS delivers', () => {
  const { parse, titles } = parsing(sns, { topics: [TOPIC] });
  const sample = (name: string, changes: object = {}): Sample => {
    const found = sns.samples[name] ?? { headers: {}, body: '{}' };
    const { Message } = JSON.parse(found.body) as { Message: string };
    const message = { ...(JSON.parse(Message) as object), ...changes };
    return changed(found, { Message: JSON.stringify(message) });
  };

  it('has titles that say what happened', () => {
    expect(titles()).toEqual({
      alarm: 'orders-queue-age is in alarm',
      ok: 'orders-queue-age is ok',
      text: 'Export done',
    });
  });

  it.each([
    ['ALARM', 'triggered', 'critical'],
    ['OK', 'resolved', 'ok'],
    ['INSUFFICIENT_DATA', 'updated', 'warning'],
    ['SOMETHING_NEW', 'updated', 'info'],
  ])('an alarm that is %s is %s', (value, state, severity) => {
    expect(parse(sample('alarm', { NewStateValue: value }))).toMatchObject({
      state,
      severity,
      reference: 'orders-queue-age',
      conversation: 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:orders-queue-age',
      occurredAt: '2026-11-23T12:00:00.000Z',
      labels: { topic: 'alarms', QueueName: 'orders', namespace: 'AWS/SQS' },
    });
  });

  it.each([{ Trigger: null }, { Trigger: { Metrics: [] } }, { AlarmDescription: null }])(
    'an alarm with %j is one, too',
    (changes) => {
      expect(parse(sample('alarm', changes)).title).toBe('orders-queue-age is in alarm');
    },
  );

  it('is shown by its fields where its text is JSON, and as it is otherwise', () => {
    const eventBridge = {
      'detail-type': 'EC2 Instance State-change Notification',
      source: 'aws.ec2',
      time: '2026-11-23T12:00:00Z',
      region: 'eu-west-1',
      detail: { state: 'stopped' },
    };
    const event = parse(changed(sns.samples.text, { Message: JSON.stringify(eventBridge) }));
    expect(event).toMatchObject({ occurredAt: '2026-11-23T12:00:00.000Z' });
    expect(event.labels).toMatchObject({ source: 'aws.ec2' });
    expect(event.text.replaceAll('\\', '')).toContain('**region:** eu-west-1');
    expect(event.text.replaceAll('\\', '')).toContain('**detail.state:** stopped');
    const plain = parse(changed(sns.samples.text, { Subject: undefined, Message: '*a*\nb' }));
    expect(plain).toMatchObject({ title: '*a*', text: '\\*a\\*\nb' });
  });

  it('has no JSON as its title', () => {
    const upload = {
      Records: [{ eventName: 'ObjectCreated:Put', s3: { object: { key: 'a.csv' } } }],
    };
    const event = parse(
      changed(sns.samples.text, { Subject: undefined, Message: JSON.stringify(upload) }),
    );
    expect(event.title).toBe('Notification of alarms');
    const text = event.text.replaceAll('\\', '');
    expect(text).toContain('**Records[0].eventName:** ObjectCreated:Put');
    expect(text).toContain('**Records[0].s3.object.key:** a.csv');
  });
});

/** What every source must do, whoever sends: the first tests of a new one. */
import { once } from 'node:events';
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contentSchema, type Content } from '../../../src/domain/message.js';
import type { Sample, SignedSample, Source, SourceType } from '../../../src/sources/source.js';
import { startTracing, type Tracing } from '../../../src/telemetry/tracing.js';
import { eventually } from '../../eventually.js';
import { OtlpReceiver } from '../../otlpReceiver.js';
import { inputOf } from '../intakeApi.js';
import { startSourceApi, type SourceApi } from './sourceApi.js';
import { pathsOf, replaced, type Path } from '../jsonPaths.js';

export interface SourceSubject {
  type: SourceType;
  /** An entry of `sources:` without its `type`. `secrets` is what the configuration has in the place of a secret. */
  settings(secrets: unknown): Record<string, unknown>;
  /** Makes a request what its sender would send with this secret: written apart from the source's own `sign`. */
  authenticate(sample: Sample, secret: string): SignedSample | Promise<SignedSample>;
  /** Whether the body is a part of what is proven, or the secret is only sent along. */
  signsBody: boolean;
  /** How long the sender waits by its documentation, in milliseconds. */
  senderWaitsMs: number;
  /** The names of the samples that only try whether requests arrive, and post nothing. */
  tests?: readonly string[];
  /** The status of success, where it is not 202. */
  acceptedStatus?: number;
  /** What differs when its sender sends the same again. */
  redelivered?(sample: Sample): Sample;
  /** Whether only its sender can sign, so that samples are sent without a signature. */
  cannotSign?: boolean;
  /**
   * Where the signature is in the body's JSON: a body without one is not authentic, nor is another value in these of its fields.
   * The answer may be 503 where it can't be decided.
   */
  bodyProvesItself?: { except: readonly string[] };
  /** Whether each request is an event of its own, the same bytes included. */
  knowsNoIdentity?: boolean;
}

/** Which may never be seen in a log, a span or a metric. */
const SECRETS = {
  NEW_SECRET: ['new', 'of', 'this', 'test', '✓'].join('-'),
  OLD_SECRET: ['old', 'of', 'this', 'test'].join('-'),
};
const SECRET_REFERENCES = [{ env: 'NEW_SECRET' }, { env: 'OLD_SECRET' }];
const CONTENT = 'words-that-stay-between-sender-and-reader';

/** Of a source that is in a hurry. */
const SHORT_MS = 150;
/** Longer than any answer takes on a busy machine, where Sentry's own time of 0.8 s may not be enough. */
const PATIENT = '20s';
/** How much later an answer may come on a machine that is busy. */
const TOLERANCE_MS = 5_000;

export function describeSourceContract(subject: SourceSubject): void {
  const { signsBody, tests = [], type } = subject;
  const accepted = subject.acceptedStatus ?? 202;

  describe(`${type.name} source (contract)`, () => {
    let api: SourceApi;
    let tracing: Tracing;
    let collector: OtlpReceiver;

    beforeAll(async () => {
      collector = await OtlpReceiver.start();
      process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.endpoint;
      process.env.OTEL_BSP_SCHEDULE_DELAY = '100';
      tracing = startTracing('sendproof-test');
      const settings = { type: type.name, ...subject.settings(SECRET_REFERENCES) };
      api = await startSourceApi(
        {
          known: { ...settings, respondWithin: PATIENT },
          hurried: { ...settings, respondWithin: `${SHORT_MS}ms` },
        },
        SECRETS,
      );
    });
    afterAll(async () => {
      delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
      delete process.env.OTEL_BSP_SCHEDULE_DELAY;
      await api.close();
      await tracing.stop();
      await collector.stop();
    });
    beforeEach(() => {
      api.temporal = 'there';
      api.starts.length = 0;
    });

    const events = Object.entries(type.samples).filter(([name]) => !tests.includes(name));
    const [, example = { headers: {}, body: '' }] = events[0] ?? [];
    const authentic = (sample: Sample, secret = SECRETS.NEW_SECRET) =>
      subject.authenticate(sample, secret);
    const send = (sample: SignedSample, more: Parameters<typeof sendTo>[2] = {}) =>
      sendTo(api.url, sample, more);
    const keys = () => api.starts.map(({ workflowId }) => workflowId);

    const staysAuthentic = ([first]: Path): boolean =>
      !subject.bodyProvesItself ||
      (first !== undefined && !subject.bodyProvesItself.except.includes(String(first)));

    /** Sends it, and returns the keys of its messages. */
    async function keysOf(sample: Sample): Promise<(string | null | undefined)[]> {
      const before = api.starts.length;
      const answer = await send(await authentic(sample));
      expect(answer.status).toBe(accepted);
      return keys().slice(before);
    }

    it.each(events)('makes messages of the sample %s', async (_, sample) => {
      const found = await keysOf(sample);
      expect(found.length).toBeGreaterThan(0);
      for (const key of found) expect(key).toMatch(/^known:/);
      for (const start of api.starts) expectReadable(inputOf(start));
      expect(JSON.stringify(api.starts.map(inputOf))).not.toContain('has no place');
    });

    it.each(tests)('posts nothing for the sample %s, which is a test', async (name) => {
      const answer = await send(await authentic(type.samples[name] ?? example));
      expect(answer.status).toBe(accepted);
      expect(keys()).toEqual([]);
    });

    it.skipIf(subject.cannotSign)('signs its samples as its sender does', async () => {
      const settings = type.schema.parse({
        type: type.name,
        ...subject.settings({ env: 'SOURCE_CONTRACT_SECRET' }),
      });
      process.env.SOURCE_CONTRACT_SECRET = SECRETS.NEW_SECRET;
      try {
        const source = type.create(settings, 'known');
        expect(source.isAuthenticated).toBe(true);
        for (const sample of Object.values(type.samples)) {
          expect((await send(source.sign(sample))).status).toBe(accepted);
        }
      } finally {
        delete process.env.SOURCE_CONTRACT_SECRET;
      }
    });

    it.each(Object.entries(SECRETS))('accepts what is authentic by %s', async (_, secret) => {
      expect((await send(await authentic(example, secret))).status).toBe(accepted);
    });

    it('refuses what is not authentic', async () => {
      expect((await send(example)).status).toBe(401);
      const { NEW_SECRET } = SECRETS;
      for (const wrong of ['', 'wrong', `${NEW_SECRET}x`, NEW_SECRET.slice(1)]) {
        expect((await send(await authentic(example, wrong))).status).toBe(401);
      }
      expect(keys()).toEqual([]);
    });

    it('gives one answer to a wrong secret, to none and to a source that doesn’t exist', async () => {
      const wrong = await authentic(example, 'wrong');
      const answers = [
        await send(wrong),
        await send(example),
        await send(wrong, { source: 'unknown' }),
        await send({ ...wrong, token: 'anything' }, { source: 'unknown' }),
      ];
      const [first] = answers;
      expect(first?.status).toBe(401);
      for (const { status, body } of answers) {
        expect([status, body]).toEqual([first?.status, first?.body]);
      }
    });

    it('refuses a body of which one bit was changed, where bodies are signed', async () => {
      if (!signsBody) return;
      const sample = await authentic(example);
      const bytes = Buffer.from(sample.body);
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ (1 << bit);
          const { status } = await send(sample, { bytes: changed });
          expect(subject.bodyProvesItself ? [401, 503] : [401]).toContain(status);
        }),
        { numRuns: 20 },
      );
      expect(keys()).toEqual([]);
    });

    it.skipIf(subject.knowsNoIdentity)(
      'is the same event in other bytes: line ends, indentation, a byte-order mark',
      async () => {
        const plain = await keysOf(example);
        const parsed = parsedOf(example);
        if (parsed === undefined) return;
        const indented = JSON.stringify(parsed, null, 2).replaceAll('\n', '\r\n');
        for (const body of [indented, `\uFEFF${indented}\r\n`, escaped(example.body)]) {
          expect(await keysOf({ ...example, body })).toEqual(plain);
        }
      },
    );

    it('is the same event when it is sent again, if its sender gives it an identity', async () => {
      if (subject.knowsNoIdentity) return;
      for (const [, sample] of events) {
        const first = await keysOf(sample);
        expect(await keysOf(sample)).toEqual(first);
        expect(await keysOf(subject.redelivered?.(sample) ?? sample)).toEqual(first);
      }
    });

    it('tells its samples apart', async () => {
      for (const [, sample] of events) await keysOf(sample);
      expect(new Set(keys()).size).toBe(api.starts.length);
    });

    it('takes compressed bodies, whose signature is that of the body', async () => {
      const plain = await keysOf(example);
      const sample = await authentic(example);
      api.starts.length = 0;
      const headers = { 'content-encoding': 'gzip' };
      const answer = await send(sample, { headers, bytes: gzipSync(sample.body) });
      expect(answer.status).toBe(accepted);
      if (!subject.knowsNoIdentity) expect(keys()).toEqual(plain);
    });

    it.each<[string, (sample: Sample) => { bytes: Buffer; headers?: Record<string, string> }]>([
      ['too large', () => ({ bytes: Buffer.alloc(type.largestBodyBytes + 1, ' ') })],
      [
        'too large when it is decompressed',
        () => ({
          bytes: gzipSync(Buffer.alloc(type.largestBodyBytes + 1, ' ')),
          headers: { 'content-encoding': 'gzip' },
        }),
      ],
      [
        'not what Content-Encoding says',
        ({ body }) => ({ bytes: Buffer.from(body), headers: { 'content-encoding': 'gzip' } }),
      ],
      [
        'compressed in a way that nobody knows',
        ({ body }) => ({ bytes: Buffer.from(body), headers: { 'content-encoding': 'zzz' } }),
      ],
    ])('shows people that a body is %s, if its headers are authentic', async (_, change) => {
      const answer = await send(await authentic(example), change(example));
      if (signsBody) {
        expect([400, 413, 415]).toContain(answer.status);
        expect(keys()).toEqual([]);
      } else {
        expect(answer.status).toBe(accepted);
        expect(keys()).toHaveLength(1);
      }
    });

    it.each([
      ['empty', ''],
      ['blank', ' \r\n'],
      ['not JSON', 'Der Plattenplatz ist aus. 😀'],
      ['truncated', '{"a": "b'],
      ['JSON, but null', 'null'],
      ['a list', '[]'],
      ['an empty list', '[]'],
      ['an empty object', '{}'],
      ['a number', '1e999'],
      ['nested deeply', '['.repeat(20_000) + ']'.repeat(20_000)],
    ])('shows people an authentic body that is %s', async (_, body) => {
      const answer = await send(await authentic({ ...example, body }));
      if (subject.bodyProvesItself) {
        expect(answer.status).toBe(401);
        expect(keys()).toEqual([]);
        return;
      }
      expect(answer.status).toBe(accepted);
      expect(keys().length).toBeGreaterThan(0);
      for (const start of api.starts) expectReadable(inputOf(start));
    });

    it('shows people a body that is not UTF-8', async () => {
      const sample = await authentic({ ...example, body: 'x' });
      if (signsBody) return;
      const answer = await send(sample, { bytes: Buffer.from([0x22, 0xff, 0xfe, 0x22]) });
      expect(answer.status).toBe(accepted);
      expect(keys().length).toBeGreaterThan(0);
    });

    it('accepts any JSON in the place of any of its fields', async () => {
      const settings = type.schema.parse({ type: type.name, ...subject.settings({ env: 'X' }) });
      const source = type.create(settings, 'known');
      const bodies = events.flatMap(([, sample]) => {
        const body = parsedOf(sample);
        return body === undefined ? [] : [{ sample, body }];
      });
      if (bodies.length === 0) return;
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...bodies).chain(({ body, sample }) =>
            fc.record({
              sample: fc.constant(sample),
              body: fc.constant(body),
              path: fc.constantFrom(...pathsOf(body).filter(staysAuthentic)),
              value: oddValue(),
            }),
          ),
          async ({ body, path, sample, value }) => {
            const changed = { ...sample, body: JSON.stringify(replaced(body, path, value)) };
            api.starts.length = 0;
            const answer = await send(await authentic(changed));
            expect(answer.status).toBe(accepted);
            if (kindOf(source, changed) === 'test') return;
            expect(keys().length).toBeGreaterThan(0);
            for (const start of api.starts) expectReadable(inputOf(start));
          },
        ),
        { numRuns: 20 },
      );
    });

    it('is told to try again while Temporal is away', async () => {
      api.temporal = 'away';
      const answer = await send(await authentic(example));
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it('is told to try again before its sender gives up, while Temporal is slow', async () => {
      expect(type.respondWithinMs).toBeLessThan(subject.senderWaitsMs);
      api.temporal = 'slow';
      const startedAt = performance.now();
      const answer = await send(await authentic(example), { source: 'hurried' });
      expect(performance.now() - startedAt).toBeLessThan(SHORT_MS + TOLERANCE_MS);
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it('is told to try again where its own body is slow', async () => {
      const { port } = new URL(api.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(
        'POST /v1/sources/hurried HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{',
      );
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 /);
      socket.destroy();
      expect(keys()).toEqual([]);
    });

    it('is accepted although its sender hangs up before the answer', async () => {
      const sample = await authentic(example);
      const sent = httpRequest(optionsOf(api.url, sample));
      sent.on('error', () => undefined);
      sent.end(Buffer.from(sample.body));
      await once(sent, 'finish');
      await eventually(() => expect(keys().length).toBeGreaterThan(0));
      sent.destroy();
    });

    it('is answered where its sender waits for 100 Continue', async () => {
      // Node.js writes headers by themselves as UTF-8, which this secret is in ASCII, too.
      const sample = await authentic(example, SECRETS.OLD_SECRET);
      const sent = httpRequest(optionsOf(api.url, sample, { expect: '100-continue' }));
      sent.flushHeaders();
      await once(sent, 'continue');
      sent.end(Buffer.from(sample.body));
      expect(await statusOf(sent)).toBe(accepted);
    });

    it('is judged, and not refused as malformed, where headers are sent twice', async () => {
      const sample = await authentic(example);
      const once = Object.entries(sample.headers);
      const twice = Object.fromEntries(once.map(([name, value]) => [name, [value, value]]));
      const sent = httpRequest({ ...optionsOf(api.url, sample), headers: twice });
      sent.end(Buffer.from(sample.body));
      expect([accepted, 401]).toContain(await statusOf(sent));
    });

    it('names the methods that it takes', async () => {
      const answer = await send(await authentic(example), { method: 'DELETE' });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toContain('POST');
      expect(keys()).toEqual([]);
    });

    it('leaves nothing of a body, a secret or a token in logs, metrics and traces', async () => {
      const body = withEveryText(example);
      const wrong = { ...(await authentic(example, 'wrong')), token: CONTENT };
      await send(await authentic({ ...example, body }));
      await send(await authentic({ ...example, body: `not JSON: ${CONTENT}` }));
      await send(wrong);
      await send(wrong, { source: 'unknown' });
      await send(wrong, { source: CONTENT });
      await send(await authentic(example, SECRETS.OLD_SECRET), { method: 'PATCH' });
      api.temporal = 'away';
      await send(await authentic({ ...example, body }));
      api.temporal = 'slow';
      await send(await authentic({ ...example, body }), { source: 'hurried' });
      trace.getTracer('test').startSpan('the last').end();
      await eventually(() => expect(collector.spans.map(({ name }) => name)).toContain('the last'));
      await tracing.stop();
      expect(collector.spans.length).toBeGreaterThan(1);
      const seen = [api.log(), await api.metrics(), ...collector.raw].join('\n');
      expect(seen).toContain('Source request');
      for (const secret of [CONTENT, ...Object.values(SECRETS)]) {
        expect(seen).not.toContain(secret);
        expect(seen).not.toContain(encodeURIComponent(secret));
      }
    });
  });
}

/** A connection that stayed open may be closed by the server in the moment in which a busy machine uses it again. */
const EACH_BY_ITSELF = new Agent({ keepAliveTimeout: 1, keepAliveMaxTimeout: 1 });

interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  body: string;
}

async function sendTo(
  apiUrl: string,
  sample: SignedSample,
  more: {
    source?: string;
    method?: string;
    bytes?: Buffer;
    headers?: Record<string, string>;
  },
): Promise<Answer> {
  const response = await fetch(new URL(pathOf(sample, more.source ?? 'known'), apiUrl), {
    method: more.method ?? 'POST',
    dispatcher: EACH_BY_ITSELF,
    headers: { ...sample.headers, ...more.headers },
    body: more.bytes ? new Uint8Array(more.bytes) : sample.body,
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function pathOf({ token }: SignedSample, source: string): string {
  return `/v1/sources/${source}${token === undefined ? '' : `/${encodeURIComponent(token)}`}`;
}

function optionsOf(
  apiUrl: string,
  sample: SignedSample,
  more: Record<string, string> = {},
): RequestOptions {
  const { hostname, port } = new URL(apiUrl);
  const headers = { ...sample.headers, ...more };
  return { hostname, port, method: 'POST', path: pathOf(sample, 'known'), headers };
}

async function statusOf(sent: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await text(response);
  return response.statusCode;
}

/** A text as the value of a header, of which Node.js takes one character for each byte. */
export function asHeader(value: string): string {
  return Buffer.from(value).toString('latin1');
}

function kindOf(source: Source, sample: Sample): string {
  try {
    const request = {
      id: 'r1',
      method: 'POST',
      headers: Object.fromEntries(
        Object.entries(sample.headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      query: new URLSearchParams(),
      token: '',
      body: Buffer.from(sample.body),
    };
    return source.identify(request).kind;
  } catch {
    return 'unusable';
  }
}

/** The parsed body; undefined where it is not JSON. */
function parsedOf({ body }: Sample): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The same JSON, with its letters beyond ASCII as escapes. */
function escaped(json: string): string {
  return json.replace(
    /[\u0080-\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The sample's body with a secret word in each of its texts that is no name or time. */
function withEveryText(sample: Sample): string {
  const parsed = parsedOf(sample);
  if (parsed === undefined) return `${sample.body}${CONTENT}`;
  return JSON.stringify(parsed, (_key, value: unknown) =>
    typeof value === 'string' && value.includes(' ') ? `${value} ${CONTENT}` : value,
  );
}

/** What a sender's bug, or a person, puts into a field. */
function oddValue(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      null,
      '',
      ' ',
      0,
      -1,
      1e308,
      true,
      [],
      {},
      [[]],
      [null],
      '__proto__',
      'constructor',
      'javascript:alert(1)',
      'http://',
      '2026-13-45T99:99:99Z',
      '0001-01-01T00:00:00Z',
      '\u0000\u001b[31m\u202e',
      '\ud83d',
      '😀'.repeat(500),
      'x'.repeat(20_000),
      '# *[a](b)* `c` <script>&amp;\r\n> d',
      Array.from({ length: 300 }, (_, index) => ({ index })),
      JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toString": "x"}'),
    ),
    fc.string({ unit: 'binary' }),
  );
}

/** Whether the input of a message's workflow has what people can read. */
function expectReadable(input: Record<string, unknown>): void {
  const content = { ...(input.content as Content) };
  delete content.native;
  const { success, error } = contentSchema.safeParse(content);
  expect(success, error?.message).toBe(true);
}

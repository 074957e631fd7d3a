/** What every destination adapter must do, whatever its platform: the first tests of a new one. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messagePage } from '../../../src/domain/messagePage.js';
import { DeliveryError, FAILURE_REASONS, type Receipt } from '../../../src/domain/delivery.js';
import type {
  Capabilities,
  DestinationAdapter,
  Edit,
  Post,
} from '../../../src/destinations/destination.js';
import {
  answering,
  breakingOff,
  neverAnswering,
  resetting,
  ScriptedServer,
  speakingNoHttp,
  type ReceivedRequest,
  type Script,
} from './scriptedServer.js';

/** One kind of request of an adapter, and what the platform answers to it. */
interface ContractRequests {
  /** Whether a request is one that does it. */
  isOne: (request: ReceivedRequest) => boolean;
  /** The platform's answer to a successful one, with a body, and the receipt that follows from it. */
  success: { status: number; body: string; receipt: Receipt };
  /** Statuses that mean success, where the body is `{}`. */
  successStatuses: readonly number[];
  /** `<outcome> <reason>` of the statuses that mean something else here than in HTTP. */
  statuses?: Partial<Record<number, string>>;
}

export interface ContractSubject {
  name: string;
  /** An adapter whose platform is at this address, whose credential holds `SECRET`. */
  createAdapter(url: string, requestTimeoutMs: number): DestinationAdapter;
  /** A path that the adapter can post to. */
  path: string;
  /** Whether a request is one that posts. */
  posts: (request: ReceivedRequest) => boolean;
  /** The platform's answer to a successful post, and the receipt that follows from it. */
  success: ContractRequests['success'];
  /** Statuses that mean success, where the body is right. */
  successStatuses: readonly number[];
  /** `<outcome> <reason>` of the statuses that mean something else here than in HTTP. */
  statuses?: Partial<Record<number, string>>;
  /** Whether a success has no body that says so, so that any answer with its status is one. */
  anyBodyIsSuccess?: boolean;
  /** What the platform declares for such an account and path. */
  capabilities: Capabilities;
  /** An edit of the post whose receipt is that of `success`. Present where the platform declares `edit`. */
  edit?: ContractRequests;
  /** An answer to the post whose receipt is that of `success`. Present where the platform declares `thread`. */
  reply?: ContractRequests;
}

/** In the credentials and in the content of every test: may never be seen in an error. */
export const SECRET = 'not-for-error-messages';
const CONTENT = 'words-that-stay-between-sender-and-reader';

/** Of characters that no encoding changes. */
const LINK_SIGNATURE = 'signature-that-opens-the-page';

const TIMEOUT_MS = 5_000;
/** For the tests that wait for it. */
const SHORT_TIMEOUT_MS = 150;

/** `<outcome> <reason>`, by status and where a whole class agrees by its first digit. */
const STATUSES: Partial<Record<number, string>> = {
  1: 'ambiguous',
  2: 'ambiguous unexpected_answer',
  3: 'ambiguous unexpected_answer',
  4: 'permanent request_rejected',
  5: 'ambiguous platform_unavailable',
  401: 'permanent credentials_rejected',
  403: 'permanent not_authorised',
  408: 'transient timeout',
  413: 'permanent content_rejected',
  422: 'permanent content_rejected',
  423: 'transient platform_unavailable',
  425: 'transient platform_unavailable',
  429: 'transient rate_limited',
};

export function describeDestinationContract(subject: ContractSubject): void {
  const { capabilities, edit, name, path, posts, reply, success, successStatuses } = subject;
  const statuses = subject.statuses ?? {};

  describe(`${name} adapter (contract)`, () => {
    it('does what its platform declares, and all of that is in this contract', () => {
      const adapter = subject.createAdapter('http://127.0.0.1:1', TIMEOUT_MS);
      expect({ search: adapter.find !== undefined, edit: adapter.edit !== undefined }).toEqual({
        search: capabilities.search,
        edit: capabilities.edit,
      });
      expect({ edit: edit !== undefined, thread: reply !== undefined }).toEqual({
        edit: capabilities.edit,
        thread: capabilities.thread,
      });
    });

    it('refuses to send credentials in plain http to another machine', () => {
      expect(() => subject.createAdapter('http://chat.example', TIMEOUT_MS)).toThrow(
        expect.objectContaining({ name: 'ConfigurationError' }) as Error,
      );
    });
  });

  describeRequests(
    `${name} adapter (contract): a post`,
    subject,
    { isOne: posts, success, successStatuses, statuses },
    (adapter, message) => adapter.post({ ...examplePost(path), ...message }),
  );
  if (reply) {
    describeRequests(`${name} adapter (contract): an answer`, subject, reply, (adapter, message) =>
      adapter.post({ ...examplePost(path), ...message, replyTo: success.receipt }),
    );
  }
  if (edit) {
    describeRequests(`${name} adapter (contract): an edit`, subject, edit, (adapter, message) =>
      editOf(adapter, { ...examplePost(path), ...message, post: success.receipt }),
    );
  }
}

function editOf(adapter: DestinationAdapter, edit: Edit): Promise<Receipt> {
  return adapter.edit?.(edit) ?? Promise.reject(new Error('The adapter has no edit.'));
}

/** Makes one request that shows the message, or what it has by default. */
type Send = (adapter: DestinationAdapter, message?: Partial<Post>) => Promise<Receipt>;

function describeRequests(
  title: string,
  subject: ContractSubject,
  { isOne, statuses, success, successStatuses }: ContractRequests,
  send: Send,
): void {
  describe(title, () => {
    let server: ScriptedServer;
    let adapter: DestinationAdapter;

    beforeEach(async () => {
      server = new ScriptedServer();
      await server.start();
      adapter = subject.createAdapter(server.url, TIMEOUT_MS);
    });
    afterEach(() => server.stop());

    const requests = () => server.requests.filter((request) => isOne(request));

    it('resolves with the receipt after exactly one request', async () => {
      server.script = answering(success.status, success.body);
      expect(await send(adapter)).toEqual(success.receipt);
      expect(requests()).toHaveLength(1);
    });

    it('shows the link to the page of the message, and never repeats it in an error', async () => {
      const link = `https://sendproof.example/messages/a?signed=1798000000.${LINK_SIGNATURE}`;
      const page = { ...examplePost(subject.path).page, link, footer: link };
      server.script = answering(success.status, success.body);
      expect(await send(adapter, { page })).toEqual(success.receipt);
      expect(requests().at(-1)?.body).toContain(LINK_SIGNATURE);
      server.script = (socket, request) =>
        answering(400, JSON.stringify({ error: { code: 'x', message: request.body } }))(
          socket,
          request,
        );
      const error = await rejection(send(adapter, { page }));
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(LINK_SIGNATURE);
    });

    it.each(['application/json; charset=utf-8', 'text/plain', 'application/octet-stream'])(
      'reads a success with a byte-order mark and the Content-Type %s',
      async (contentType) => {
        const body = `\uFEFF${success.body}`;
        server.script = answering(success.status, body, { 'content-type': contentType });
        expect(await send(adapter)).toEqual(success.receipt);
      },
    );

    it('keeps its connections, rather than make one for each post', async () => {
      server.script = answering(success.status, success.body);
      for (let count = 0; count < 10; count += 1) await send(adapter);
      expect(server.connections).toBeLessThanOrEqual(2);
    });

    it('classifies every HTTP status, each after exactly one request', async () => {
      const seen: Record<number, string> = {};
      const wanted: Record<number, string> = {};
      for (let status = 100; status < 600; status += 1) {
        if (successStatuses.includes(status)) continue;
        server.requests.length = 0;
        server.script = answering(status, '{}');
        const error = await rejection(send(adapter));
        const expected =
          statuses?.[status] ??
          STATUSES[status] ??
          STATUSES[Math.floor(status / 100)] ??
          'an expectation';
        wanted[status] = `${expected} after 1`;
        const got = expected.includes(' ') ? `${error.outcome} ${error.reason}` : error.outcome;
        seen[status] = `${got} after ${requests().length}`;
      }
      expect(seen).toEqual(wanted);
    });

    it.each([
      ['seconds', '2', {}, 2_000],
      ['a fraction of seconds', '2.128', {}, 2_128],
      [
        'a date, by the server’s clock',
        'Wed, 21 Oct 2015 07:28:10 GMT',
        { date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
        10_000,
      ],
      ['nothing', undefined, {}, undefined],
      ['garbage', 'soon', {}, undefined],
    ])(
      'is rate-limited by a 429 with Retry-After as %s',
      async (_form, retryAfter, headers, expectedMs) => {
        server.script = answering(429, '{}', {
          ...headers,
          ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
        });
        const error = await rejection(send(adapter));
        expect(error).toMatchObject({
          outcome: 'transient',
          reason: 'rate_limited',
          httpStatus: 429,
          retryAfterMs: expectedMs,
        });
        expect(requests()).toHaveLength(1);
      },
    );

    it('keeps the Retry-After of a 503', async () => {
      server.script = answering(503, 'down for maintenance', { 'retry-after': '30' });
      expect(await rejection(send(adapter))).toMatchObject({
        outcome: 'ambiguous',
        reason: 'platform_unavailable',
        retryAfterMs: 30_000,
      });
    });

    it.each<[string, Script, string, number]>([
      ['no answer', neverAnswering, 'timeout', SHORT_TIMEOUT_MS],
      ['an answer that stalls', breakingOff('stall'), 'timeout', SHORT_TIMEOUT_MS],
      ['an answer that breaks off', breakingOff('close'), 'connection_failed', TIMEOUT_MS],
      ['a connection reset', resetting, 'connection_failed', TIMEOUT_MS],
      ['an answer that is not HTTP', speakingNoHttp, 'unexpected_answer', TIMEOUT_MS],
    ])(
      'finds %s ambiguous, after exactly one request',
      async (_what, script, reason, timeoutMs) => {
        adapter = subject.createAdapter(server.url, timeoutMs);
        server.script = script;
        expect(await rejection(send(adapter))).toMatchObject({ outcome: 'ambiguous', reason });
        expect(requests()).toHaveLength(1);
      },
    );

    if (subject.anyBodyIsSuccess !== true) {
      it.each([
        ['a web page', '<!doctype html><title>Sign in to the network</title>'],
        ['half of a page', '<html><body>Bad gate'],
      ])('finds %s in place of a success ambiguous', async (_what, body) => {
        server.script = answering(success.status, body, { 'content-type': 'text/html' });
        expect(await rejection(send(adapter))).toMatchObject({
          outcome: 'ambiguous',
          reason: 'unexpected_answer',
        });
      });

      it.each([
        '{"error":{"code":"TooManyRequests","message":"Later."}}',
        '{"error":{"code":"BadRequest","message":"No."}}',
        '{"ok":false,"error":"fatal_error"}',
        '{"status":503,"message":"Service Unavailable"}',
        'upstream error: HTTP error 502',
        'null',
        '[]',
      ])('finds no success in a success that says %s', async (body) => {
        server.script = answering(success.status, body);
        await rejection(send(adapter));
        expect(requests()).toHaveLength(1);
      });
    }

    it('knows that nothing was sent where nobody listens', async () => {
      const unused = createServer();
      unused.listen(0, '127.0.0.1');
      await once(unused, 'listening');
      const { port } = unused.address() as AddressInfo;
      unused.close();
      await once(unused, 'close');
      adapter = subject.createAdapter(`http://127.0.0.1:${port}`, TIMEOUT_MS);
      const error = await rejection(send(adapter));
      expect(error).toMatchObject({ outcome: 'transient', reason: 'connection_failed' });
      expect(error.message).toContain('ECONNREFUSED');
    });

    it('knows that nothing was sent where the name can’t be resolved', async () => {
      adapter = subject.createAdapter('https://sendproof.invalid', SHORT_TIMEOUT_MS);
      expect(await rejection(send(adapter))).toMatchObject({
        outcome: 'transient',
        reason: 'connection_failed',
      });
    });

    it('knows that nothing was sent where TLS fails', async () => {
      adapter = subject.createAdapter(server.url.replace('http:', 'https:'), TIMEOUT_MS);
      expect(await rejection(send(adapter))).toMatchObject({
        outcome: 'transient',
        reason: 'connection_failed',
      });
      expect(server.requests).toHaveLength(0);
    });

    it('refuses half of a surrogate pair in any text, and sends nothing', async () => {
      const { content, correlation } = examplePost(subject.path);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('text', 'title', 'source', 'reference'),
          fc.constantFrom('\uD83D', '\uDEA8', '\uDEA8\uD83D'),
          fc.string({ unit: 'grapheme' }),
          async (field, half, around) => {
            const text = `${around}${half}${around}`;
            const error = await rejection(
              send(
                adapter,
                field === 'text' || field === 'title'
                  ? { content: { ...content, [field]: text } }
                  : { correlation: { ...correlation, [field]: text } },
              ),
            );
            expect(error).toMatchObject({ outcome: 'permanent', reason: 'content_rejected' });
            expect(error.message).toContain(`.${field} `);
          },
        ),
        { numRuns: 50 },
      );
      expect(server.requests).toHaveLength(0);
    });

    it('never repeats a credential or the content in an error', async () => {
      // Platforms and proxies do echo what they refuse.
      const echo: Script = (socket, { body, headers, path }) => {
        const echoed = JSON.stringify({
          ok: false,
          error: `${decodeURIComponent(body)} ${path} ${headers.authorization ?? ''}`,
        });
        const status = subject.anyBodyIsSuccess === true ? 400 : 200;
        answering(status, `<p>${echoed}`)(socket, { method: 'POST', path, headers, body });
      };
      const scripts = [
        echo,
        neverAnswering,
        resetting,
        ...[400, 401, 403, 404, 429, 500, 503].map(
          (status): Script =>
            (socket, request) =>
              answering(
                status,
                JSON.stringify({ error: { code: request.body, message: request.path } }),
              )(socket, request),
        ),
      ];
      adapter = subject.createAdapter(server.url, SHORT_TIMEOUT_MS);
      for (const script of scripts) {
        server.script = script;
        const error = await rejection(send(adapter));
        const everything = `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)} ${inspect(error, { depth: 20, showHidden: true })}`;
        expect(everything).not.toContain(SECRET);
        expect(everything).not.toContain(CONTENT);
      }
    });
  });
}

export function examplePost(path: string): Post {
  return {
    deliveryId: '0b9c1f6e-0000-7000-8000-000000000001.0',
    path,
    content: { text: CONTENT, title: 'Disk full', severity: 'critical' },
    correlation: { source: 'pagerduty', reference: '55' },
    page: messagePage('pagerduty-55-triggered', undefined),
    inParts: 'as configured',
    traceId: '0af7651916cd43dd8448eb211c80319c',
  };
}

/** The DeliveryError that it rejects with: adapters reject with nothing else. */
export async function rejection(promise: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await promise.then(
    () => new Error('it was expected to be rejected'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof DeliveryError)) throw error;
  expect(FAILURE_REASONS).toContain(error.reason);
  return error;
}

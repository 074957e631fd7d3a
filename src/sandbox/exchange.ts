/** Answers the calls of one platform: applies faults, then executes the call. Logs every call. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, PlatformCall, SimulatedPlatform, ErrorAnswers } from './call.js';
import { stageOf, type ActiveFault, type Fault, type FaultPlan } from './faults.js';
import { chatErrorAnswer } from './googleChat/errors.js';
import type { RequestLog, SandboxRequest } from './requests.js';

/** The effect of a fault on a call: another answer, no answer, a broken connection, or a late answer. */
type Effect =
  | { effect: 'answer'; answer: Answer }
  | { effect: 'raw'; status: number; headers: Record<string, string>; text: string }
  | { effect: 'silence' }
  | { effect: 'reset' }
  | { effect: 'wait'; until: () => Promise<unknown> };

/** Larger than any request that a platform accepts, so that the platform's own limit answers. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

export class Exchange {
  readonly #simulated: SimulatedPlatform;
  readonly #faults: FaultPlan;
  readonly #requests: RequestLog;

  constructor(simulated: SimulatedPlatform, faults: FaultPlan, requests: RequestLog) {
    this.#simulated = simulated;
    this.#faults = faults;
    this.#requests = requests;
  }

  /** Answers one HTTP request. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      // The sandbox itself failed, as by a full disk: answered to the client, so that its test fails.
      send(response, { status: 500, body: { error: `The sandbox failed: ${String(error)}` } });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const body = await readBody(request);
    if (body === undefined) return;
    const url = urlOf(request);
    if (!url) {
      send(response, { status: 400 });
      return;
    }
    const call = this.#simulated.parseRequest({ request, url, body });
    const { operation, path } = call;
    const entry = this.#requests.begin({
      at,
      platform: this.#simulated.platform,
      method: request.method ?? '',
      operation,
      ...(path !== undefined && { path }),
    });
    const fault = this.#faults.match({ platform: this.#simulated.platform, ...call });
    if (fault) await this.#answerFaulty(fault, call, entry, response);
    else send(response, executeLogged(call, entry));
  }

  async #answerFaulty(
    active: ActiveFault,
    call: PlatformCall,
    entry: SandboxRequest,
    response: ServerResponse,
  ): Promise<void> {
    let answer: Answer | undefined;
    if (stageOf(active.fault) === 'after') {
      answer = executeLogged(call, entry);
      // A call that the platform refuses doesn't reach the fault.
      if (answer.error !== undefined) {
        send(response, answer);
        return;
      }
    }
    entry.fault = active.fault.kind;
    this.#faults.apply(active);
    const effect = this.#effectOf(active);
    if (effect.effect !== 'wait') {
      finish(effect, entry, response);
      return;
    }
    delete entry.status;
    await effect.until();
    answer ??= executeLogged(call, entry);
    entry.status = answer.status;
    send(response, answer);
  }

  #effectOf(active: ActiveFault): Effect {
    const { fault } = active;
    switch (fault.kind) {
      case 'timeout':
        return { effect: 'silence' };
      case 'reset':
        return { effect: 'reset' };
      case 'slow':
        return { effect: 'wait', until: () => delay(fault.delayMs, undefined, { ref: false }) };
      case 'hold':
        return { effect: 'wait', until: () => this.#faults.released(active) };
      case 'garbage':
        return garbage(fault.form);
      case 'answer': {
        const { body, contentType, retryAfter, status } = fault;
        const headers = {
          'content-type': contentType,
          ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
        };
        return { effect: 'raw', status, headers, text: body };
      }
      case 'rate_limited':
      case 'revoked_token':
      case 'http_error':
      case 'slack_error':
      case 'graph_error':
      case 'google_error':
      case 'platform_error':
        return { effect: 'answer', answer: answerOf(fault, this.#simulated.errorAnswers) };
    }
  }
}

function answerOf(
  fault: Extract<
    Fault,
    {
      kind:
        | 'rate_limited'
        | 'revoked_token'
        | 'http_error'
        | 'slack_error'
        | 'graph_error'
        | 'google_error'
        | 'platform_error';
    }
  >,
  errorAnswers: ErrorAnswers,
): Answer {
  switch (fault.kind) {
    case 'rate_limited':
      return errorAnswers.rateLimited(fault.retryAfter);
    case 'revoked_token':
      return errorAnswers.revokedToken();
    case 'http_error': {
      const answer = errorAnswers.httpError(fault.status);
      if (fault.retryAfter === undefined) return answer;
      return { ...answer, headers: { ...answer.headers, 'retry-after': fault.retryAfter } };
    }
    case 'slack_error':
      return { status: 200, body: { ok: false, error: fault.error }, error: fault.error };
    case 'platform_error':
      return errorAnswers.error?.(fault.status, fault.code) ?? errorAnswers.httpError(fault.status);
    case 'google_error':
      return chatErrorAnswer(fault.status, fault.code, fault.reason);
    case 'graph_error':
      return {
        status: fault.status,
        body: { error: { code: fault.code, message: 'A fault of the sandbox.', innerError: {} } },
        error: fault.code,
      };
  }
}

function garbage(form: 'html' | 'cut_json'): Effect {
  return form === 'html'
    ? {
        effect: 'raw',
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        text: '<!doctype html><title>Proxy</title><h1>Something is in the way</h1>',
      }
    : {
        effect: 'raw',
        status: 200,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        text: '{"ok":true,"chan',
      };
}

function executeLogged(call: PlatformCall, entry: SandboxRequest): Answer {
  const answer = call.execute();
  entry.status = answer.status;
  if (answer.error !== undefined) entry.error = answer.error;
  if (answer.post) entry.postId = answer.post.id;
  return answer;
}

function finish(
  effect: Exclude<Effect, { effect: 'wait' }>,
  entry: SandboxRequest,
  response: ServerResponse,
): void {
  delete entry.status;
  delete entry.error;
  switch (effect.effect) {
    case 'answer':
      entry.status = effect.answer.status;
      if (effect.answer.error !== undefined) entry.error = effect.answer.error;
      send(response, effect.answer);
      return;
    case 'raw':
      entry.status = effect.status;
      response.writeHead(effect.status, effect.headers);
      response.end(effect.text);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'silence':
      // The connection stays open until the client gives up or the sandbox is closed.
      return;
  }
}

function send(response: ServerResponse, { status, headers, body, text }: Answer): void {
  if (response.destroyed || response.headersSent) return;
  if (text !== undefined) {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
    response.end(text);
    return;
  }
  if (body === undefined) {
    response.writeHead(status, { ...headers, 'content-length': '0' });
    response.end();
    return;
  }
  const json = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    ...headers,
  });
  response.end(json);
}

/** The URL of the request; undefined when it is malformed. */
function urlOf({ url = '/', headers }: IncomingMessage): URL | undefined {
  try {
    return new URL(url, `http://${headers.host ?? 'localhost'}`);
  } catch {
    return undefined;
  }
}

/** Undefined when the client disconnected or exceeded the limit. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_LIMIT_BYTES) {
        request.destroy();
        resolve(undefined);
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

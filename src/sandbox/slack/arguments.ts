/** The arguments of a Web API method, sent as form, JSON or query. */
import type { IncomingMessage } from 'node:http';
import { own } from '../../lib/own.js';

/** An error answer of Slack. */
export class SlackError extends Error {
  override readonly name = 'SlackError';
  readonly code: string;
  /** The answer's fields besides `ok` and `error`. */
  readonly details: Record<string, unknown>;

  constructor(code: string, details: Record<string, unknown> = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

export class SlackArguments {
  readonly #values: Record<string, unknown>;

  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return own(this.#values, name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = own(this.#values, name);
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  flag(name: string): boolean {
    return ['true', '1'].includes(this.text(name) ?? '');
  }

  /**
   * A structured argument, which a form contains as JSON text.
   *
   * @throws SlackError `refusal` when it is not JSON
   */
  structure(name: string, refusal: string): unknown {
    const value = own(this.#values, name);
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new SlackError(refusal);
    }
  }

  /** @throws SlackError `invalid_arguments` that names it when it is missing */
  required(name: string): string {
    const value = this.text(name);
    if (value !== undefined && value !== '') return value;
    throw new SlackError('invalid_arguments', {
      response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
    });
  }
}

/** A malformed body counts as no arguments, as on Slack: the method then reports the missing ones. */
export function readArguments(request: IncomingMessage, url: URL, body: Buffer): SlackArguments {
  const query = Object.fromEntries(url.searchParams);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) {
    return new SlackArguments({ ...query, ...parseJson(body.toString()) });
  }
  const form = Object.fromEntries(new URLSearchParams(body.toString()));
  return new SlackArguments({ ...query, ...form });
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

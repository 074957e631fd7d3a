import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { SourceRequest } from '../sources/source.js';
import type { Problem } from './problem.js';
import { problemOf } from './problemOf.js';
import { readBytes } from './requestBody.js';

export interface ReceivedRequest {
  request: SourceRequest;
  /** Why the body can't be read; it is empty then. */
  fault?: Problem;
}

/** What a sender can't correct by sending the same again, and what is no reason to forget that it sent something. */
const FAULTS = new Set(['body_too_large', 'unsupported_media_type', 'malformed_body']);

/** Reads the body as bytes, with compression undone. Rejects where it didn't arrive. */
export async function readSourceRequest(
  request: Request,
  response: Response,
  limitBytes: number,
): Promise<ReceivedRequest> {
  const { token } = request.params;
  const received: SourceRequest = {
    id: randomUUID(),
    method: request.method,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    ),
    query: new URL(request.originalUrl, 'http://localhost').searchParams,
    token: typeof token === 'string' ? token : '',
    body: Buffer.alloc(0),
  };
  try {
    return { request: { ...received, body: await readBytes(request, response, limitBytes) } };
  } catch (error) {
    const fault = problemOf(error);
    if (!FAULTS.has(fault.type)) throw error;
    return { request: received, fault };
  }
}

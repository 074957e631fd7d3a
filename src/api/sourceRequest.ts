import { raw, type Request, type RequestHandler, type Response } from 'express';
import type { SourceRequest } from '../sources/source.js';

/** Reads the body as bytes, with compression undone. Rejects as express's body parser does. */
export async function readSourceRequest(
  request: Request,
  response: Response,
  limitBytes: number,
): Promise<SourceRequest> {
  const read: RequestHandler = raw({ limit: limitBytes, type: () => true });
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new TypeError('the body can’t be read'));
    });
  });
  const { token } = request.params;
  return {
    method: request.method,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
    ),
    query: new URL(request.originalUrl, 'http://localhost').searchParams,
    token: typeof token === 'string' ? token : '',
    body: bodyOf(request),
  };
}

function bodyOf({ body }: { body: unknown }): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

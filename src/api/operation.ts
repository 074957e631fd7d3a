import type { Request, Response } from 'express';

/** What a request asked for, for the log. */
export interface Operation {
  /** Method and route, as `GET /v1/messages/:key`: never with the key itself. */
  operation: string;
  /** 32 hex digits; undefined for requests that aren't traced. */
  traceId: string | undefined;
}

export function operationOf(request: Request, response: Response): Operation {
  const { traceId } = response.locals as { traceId?: string };
  return { operation: `${request.method} ${routeOf(request) ?? '(no route)'}`, traceId };
}

/** As `/v1/messages/:key`. Undefined if no route took the request. */
export function routeOf({ baseUrl, route }: Request): string | undefined {
  const path = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? baseUrl + path : undefined;
}

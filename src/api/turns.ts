/** Whose turn it is at Temporal, where many ask: pages and programs take turns, and so do those who ask for them. */
import type { RequestHandler } from 'express';
import { inLine } from '../temporal/inLine.js';
import { knownCaller } from './caller.js';

/** @param kind of the routes behind it */
export const takeTurnsAs =
  (kind: 'API' | 'page'): RequestHandler =>
  (request, _response, next) => {
    const line = (): [string, string] => {
      const caller = knownCaller(request);
      return [kind, caller ? `${caller.kind} ${caller.name}` : ''];
    };
    inLine(line, next);
  };

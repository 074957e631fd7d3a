import type { Response } from 'express';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { basePathOf } from '../basePath.js';
import { knownCaller } from '../caller.js';
import { BasePath } from './addresses.js';
import { MayDecide } from './mayDecide.js';
import { ReadOnly } from './readOnly.js';

/** Answers with a page. */
export function show(response: Response, page: VNode): void {
  const located = (
    <BasePath.Provider value={basePathOf(response)}>
      <MayDecide.Provider value={mayDecide(response)}>
        <ReadOnly.Provider value={isReadOnly(response)}>{page}</ReadOnly.Provider>
      </MayDecide.Provider>
    </BasePath.Provider>
  );
  response.type('html').send(`<!doctype html>${renderToString(located)}`);
}

function mayDecide({ req }: Response): boolean {
  return knownCaller(req)?.scopes.has('decide') ?? true;
}

/** Whatever is shown in this answer is for somebody without a session. */
export function showReadOnly(response: Response): void {
  (response.locals as Locals).isReadOnly = true;
}

/** Whether the answer is for somebody without a session. */
export function isReadOnly(response: Response): boolean {
  return (response.locals as Locals).isReadOnly === true;
}

interface Locals {
  isReadOnly?: boolean;
}

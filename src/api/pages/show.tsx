import type { Response } from 'express';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { basePathOf } from '../basePath.js';
import { knownCaller } from '../caller.js';
import { BasePath } from './addresses.js';
import { rememberedName } from './decidersName.js';
import { ReadOnly } from './readOnly.js';
import { CurrentViewer, type Viewer } from './viewer.js';

/** Answers with a page. */
export function show(response: Response, page: VNode): void {
  const located = (
    <BasePath.Provider value={basePathOf(response)}>
      <ReadOnly.Provider value={isReadOnly(response)}>
        <CurrentViewer.Provider value={viewerOf(response)}>{page}</CurrentViewer.Provider>
      </ReadOnly.Provider>
    </BasePath.Provider>
  );
  response.type('html').send(`<!doctype html>${renderToString(located)}`);
}

/** Leads the browser to another of the pages. */
export function goTo(response: Response, path: string): void {
  response.redirect(303, basePathOf(response) + path);
}

/** Whatever is shown in this answer is for somebody without a session. */
export function showReadOnly(response: Response): void {
  (response.locals as Locals).isReadOnly = true;
}

/** Whether the answer is for somebody without a session. */
export function isReadOnly(response: Response): boolean {
  return (response.locals as Locals).isReadOnly === true;
}

/** @param signOutUrl where the person who is answered ends the session that they have elsewhere */
export function showSignOut(response: Response, signOutUrl: string | undefined): void {
  (response.locals as Locals).signOutUrl = signOutUrl;
}

/** Whether there is a session to end. */
export function isSignedIn(request: object): boolean {
  const caller = knownCaller(request);
  return caller !== undefined && caller.kind !== 'open';
}

function viewerOf(response: Response): Viewer {
  const caller = knownCaller(response.req);
  return {
    person: caller?.kind === 'person' ? caller.name : undefined,
    mayDecide: caller?.scopes.has('decide') ?? false,
    isNameNeeded: caller?.decidesByName !== true,
    rememberedName: rememberedName(response.req),
    signOutUrl: (response.locals as Locals).signOutUrl,
  };
}

interface Locals {
  isReadOnly?: boolean;
  signOutUrl?: string | undefined;
}

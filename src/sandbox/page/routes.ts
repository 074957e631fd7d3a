/** Serves the page, and notifies it of changes. */
import type { EventEmitter } from 'node:events';
import { Router, type Response } from 'express';
import { REFRESH_SCRIPT, STYLE } from './assets.js';
import { faultForms, type FaultActions } from './faultForms.js';
import { channelsHtml, pageHtml, type PageContent } from './page.js';

/** Allows only the page's own scripts and styles, and nothing from other origins. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The shortest interval between two notifications of changes. */
const CHANGES_EVERY_MS = 200;

export function pageRoutes(
  content: () => PageContent,
  changes: EventEmitter<{ changed: [] }>,
  actions: FaultActions,
): Router {
  const router = Router();
  router.use((_request, response, next) => {
    response.set({
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      // Without any, browsers would hide the origin of the page's own forms.
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    next();
  });
  router.get('/', (_request, response) => {
    response.type('html').send(pageHtml(content()));
  });
  router.get('/page/channels', (_request, response) => {
    response.type('html').send(channelsHtml(content()));
  });
  router.get('/page/refresh.js', (_request, response) => {
    response.type('text/javascript').send(REFRESH_SCRIPT);
  });
  router.get('/page/style.css', (_request, response) => {
    response.type('css').send(STYLE);
  });
  faultForms(router, actions);
  router.get('/page/changes', (_request, response) => streamChanges(response, changes));
  return router;
}

/** Server-sent events: one, without content, whenever the page should reload its channels. */
function streamChanges(response: Response, changes: EventEmitter<{ changed: [] }>): void {
  response.set({ 'content-type': 'text/event-stream' });
  response.write('data: changed\n\n');
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      response.write('data: changed\n\n');
    }, CHANGES_EVERY_MS);
  };
  changes.on('changed', changed);
  response.on('close', () => {
    changes.off('changed', changed);
    clearTimeout(timer);
  });
}

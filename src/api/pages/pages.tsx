/** The pages for people: plain HTML that a phone can show, made anew for every request from what the API knows. */
import { Router, type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import { readAcknowledgements } from '../../store/acknowledgementProgress.js';
import { readMessageRecord } from '../../store/messageHistory.js';
import { readConversation } from '../../store/search/conversation.js';
import { messageId } from '../../acceptance/messageId.js';
import { ownForm } from '../../domain/tenant.js';
import { timelineOf } from '../../explanation/timeline.js';
import type { ApiContext } from '../apiContext.js';
import { audit } from '../audit.js';
import { callerWithoutKey, findKey } from '../authentication.js';
import { callerOf, callerWithKey, knownCaller, requireScope, setCaller } from '../caller.js';
import { batchWithResults, cancelBatch, findBatch } from '../batches.js';
import { basePathOf, withoutBasePath } from '../basePath.js';
import { inPersonsName } from '../decider.js';
import { ANY_TENANT, parseMessageId } from '../findMessage.js';
import type { Methods } from '../methods.js';
import { recordNamed } from '../named.js';
import { operationOf } from '../operation.js';
import { answeredWith } from '../requestAudit.js';
import { readUnknownKey } from '../messages.js';
import { parseRequest, Problem } from '../problem.js';
import { problemHandler } from '../problemHandler.js';
import { onlyOwnForms } from '../otherSites.js';
import { formBody } from '../requestBody.js';
import { ICON, LIVE_SCRIPT, STYLE } from './assets.js';
import { BatchPage } from './batchPage.js';
import { ConversationPage, UnknownConversationPage } from './conversationPage.js';
import {
  cancelOnPage,
  decideOnMessage,
  decideOnSeveral,
  rescheduleOnPage,
  showDecision,
} from './decisionRoutes.js';
import { assertNamed, rememberName } from './decidersName.js';
import { filledIn } from './formFields.js';
import { PAGE_SIZE, showDeadLetters, showMessages } from './listRoutes.js';
import { ForgottenPage, UnknownKeyPage, MessagePage } from './messagePage.js';
import { OnceMorePage, ProblemPage, SignInPage } from './plainPages.js';
import { addressOfApi, readSources } from '../sourceReading.js';
import { SourcesPage } from './sourcesPage.js';
import { securityHeaders } from './security.js';
import { showOverview } from './overviewRoute.js';
import { goTo, isReadOnly, isSignedIn, show, showSignOut } from './show.js';
import { bySignedLink } from './signedLink.js';
import { PageSessions } from './session.js';
import { takeTurnsAs } from '../turns.js';
import type { WrongKeys } from '../wrongKeys.js';
import { cancelQuerySchema, conversationPageSchema } from '../schema/requests.js';
import { digestOf } from '../../config/keys.js';
import { batchPagePath } from '../../domain/messagePage.js';

const FORM_LIMIT_BYTES = 16 * 1024;
/** A page of long keys, percent-encoded. */
const LARGE_FORM_LIMIT_BYTES = 128 * 1024;

/** The paths of what only somebody who is known sees. */
const PAGES = /^\/(?:(?:messages|conversations|batches|dead-letters|decisions|sources)(?:\/|$)|$)/i;

/** The pages' paths, each with the methods that it takes. */
export const PAGE_METHODS: Methods = {
  '/': ['GET'],
  '/messages': ['GET'],
  '/messages/{key}': ['GET'],
  '/messages/{key}/retry': ['POST'],
  '/messages/{key}/discard': ['POST'],
  '/messages/{key}/cancel': ['POST'],
  '/messages/{key}/reschedule': ['POST'],
  '/conversations/{key}': ['GET'],
  '/batches/{id}': ['GET'],
  '/batches/{id}/cancel': ['POST'],
  '/dead-letters': ['GET'],
  '/dead-letters/decide': ['POST'],
  '/decisions/{id}': ['GET'],
  '/sources': ['GET'],
  '/sign-in': ['GET', 'POST'],
  '/sign-out': ['POST'],
  '/assets/{file}': ['GET'],
};

export function pagesRouter(
  context: ApiContext,
  wrongKeys: WrongKeys,
  knowPeople: RequestHandler,
): Router {
  const sessions = new PageSessions(context);
  const ownForm = onlyOwnForms(() => context.configuration);
  const form: RequestHandler[] = [ownForm, formBody(FORM_LIMIT_BYTES)];

  const router = Router();
  router.use(takeTurnsAs('page'));
  router.use(securityHeaders);
  router.use('/assets', assetsRouter());
  router.get('/sign-in', (request, response) => {
    show(response, <SignInPage to={ownPath(request.query.to, response)} failed={false} />);
  });
  router.post('/sign-in', form, signIn(context, sessions, wrongKeys));
  router.post('/sign-out', form, signOut(context, sessions));

  const message = showMessage(context);
  router.get('/messages/:key', bySignedLink(context, message));
  router.use(onlyPages);
  router.use(knowPeople);
  router.use(requireSession(context, sessions));
  router.get('/', requireScope('read'), showOverview(context));
  router.get('/messages', requireScope('read'), showMessages(context));
  router.get('/dead-letters', requireScope('read'), showDeadLetters(context));
  router.get('/sources', requireScope('read'), showSources(context));
  router.get('/messages/:key', requireScope('read'), message);
  router.get('/conversations/:key', requireScope('read'), showConversation(context));
  router.get('/batches/:id', requireScope('read'), showBatch(context));
  const mayDecide = [requireScope('decide'), ...form];
  router.post('/messages/:key/retry', mayDecide, decideOnMessage(context, 'retry'));
  router.post('/messages/:key/discard', mayDecide, decideOnMessage(context, 'discard'));
  router.post('/messages/:key/cancel', mayDecide, cancelOnPage(context));
  router.post('/messages/:key/reschedule', mayDecide, rescheduleOnPage(context));
  const largeForm = [ownForm, formBody(LARGE_FORM_LIMIT_BYTES)];
  router.post('/dead-letters/decide', requireScope('decide'), largeForm, decideOnSeveral(context));
  router.get('/decisions/:id', requireScope('read'), showDecision(context));
  router.post('/batches/:id/cancel', requireScope('decide'), form, stopBatch(context));
  router.use(showProblem(context));
  return router;
}

function assetsRouter(): Router {
  const router = Router();
  router.get('/style.css', (_request, response) => {
    response.type('css').send(STYLE);
  });
  router.get('/live.js', (_request, response) => {
    response.type('text/javascript').send(LIVE_SCRIPT);
  });
  router.get('/icon.svg', (_request, response) => {
    response.type('svg').send(ICON);
  });
  return router;
}

function showMessage(context: ApiContext): RequestHandler<{ key: string }> {
  const { readClient } = context;
  return async (request, response) => {
    const { configuration } = context;
    const signedIn = isSignedIn(request);
    // A signed link is for the whole id, whoever follows it.
    const caller = isReadOnly(response) ? ANY_TENANT : callerOf(request);
    const id = parseMessageId(caller, request.params.key);
    const deduplicationKey = ownForm(caller.tenant, id);
    const recorded = await readMessageRecord(readClient, id);
    const message = recorded && recordNamed(recorded, configuration, caller);
    const now = new Date();
    if (!message) {
      response.status(404);
      if (isReadOnly(response)) {
        show(response, <ForgottenPage deduplicationKey={deduplicationKey} />);
        return;
      }
      const { explanation, similarKeys } = await readUnknownKey(context, id, caller);
      show(
        response,
        <UnknownKeyPage {...{ deduplicationKey, explanation, similarKeys, signedIn }} />,
      );
      return;
    }
    const acknowledgements = await readAcknowledgements(readClient, message.events);
    const webUiUrl =
      configuration.temporalUiUrl &&
      workflowUrl(configuration.temporalUiUrl, readClient.workflow.options.namespace, recorded);
    const timeline = timelineOf(message, acknowledgements);
    show(response, <MessagePage {...{ message, timeline, webUiUrl, signedIn, now }} />);
  };
}

function showSources(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const sources = await readSources(
      context,
      callerOf(request),
      addressOfApi(context, request, response),
    );
    const { since } = context.recentRequests;
    show(response, <SourcesPage {...{ since, signedIn: isSignedIn(request), sources }} />);
  };
}

function showConversation(context: ApiContext): RequestHandler<{ key: string }> {
  const { readClient } = context;
  return async (request, response) => {
    const { configuration } = context;
    const signedIn = isSignedIn(request);
    const { before, key } = parseRequest(conversationPageSchema, {
      ...filledIn(request.query),
      key: request.params.key,
    });
    const limit = PAGE_SIZE;
    const caller = callerOf(request);
    const { tenant } = caller;
    const id = messageId(tenant, key);
    const read = await readConversation(readClient, id, { before, limit, tenant });
    if (!read) {
      response.status(404);
      show(response, <UnknownConversationPage conversation={key} signedIn={signedIn} />);
      return;
    }
    const messages = read.messages.map((message) => recordNamed(message, configuration, caller));
    const conversation = { ...read, key: ownForm(tenant, read.key), messages };
    show(response, <ConversationPage {...{ conversation, signedIn, now: new Date() }} />);
  };
}

function showBatch(context: ApiContext): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const caller = callerOf(request);
    const found = await findBatch(context.readClient, caller, request.params.id);
    const batch = await batchWithResults(context, caller, found, 'refused', basePathOf(response));
    show(response, <BatchPage {...{ batch, signedIn: isSignedIn(request) }} />);
  };
}

function stopBatch(context: ApiContext): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const fields = inPersonsName(request, filledIn(request.body));
    const asked = parseRequest(cancelQuerySchema, fields);
    const caller = callerOf(request);
    assertNamed(caller, asked.by);
    rememberName(request, response, asked.by);
    const { id } = await cancelBatch(context, caller, request.params.id, asked);
    goTo(response, batchPagePath(ownForm(caller.tenant, id)));
  };
}

/** https://docs.temporal.io/web-ui: a run of a workflow. */
function workflowUrl(
  webUi: string,
  namespace: string,
  { runId, state }: { runId: string; state: { deduplicationKey: string } },
): string {
  const path = ['namespaces', namespace, 'workflows', state.deduplicationKey, runId, 'history'];
  return `${webUi.replace(/\/$/, '')}/${path.map(encodeURIComponent).join('/')}`;
}

function signIn(context: ApiContext, sessions: PageSessions, wrongKeys: WrongKeys): RequestHandler {
  const { log } = context;
  return async (request, response) => {
    const { key: given, to } = parseRequest(
      z.object({ key: z.string().trim(), to: z.string().optional() }),
      request.body ?? {},
    );
    const key = findKey(given, context.configuration.keys);
    const address = request.socket.remoteAddress;
    const { operation, traceId } = operationOf(request, response);
    if (!key) {
      answeredWith(response, { operation, problem: 'not_authenticated' });
      await wrongKeys.note(request);
      response.status(401);
      show(response, <SignInPage to={ownPath(to, response)} failed={true} />);
      return;
    }
    await sessions.begin(request, response, digestOf(given));
    const caller = callerWithKey(key);
    audit(log, { action: 'sign_in', caller, outcome: 'accepted', address, traceId });
    goTo(response, ownPath(to, response));
  };
}

function signOut(context: ApiContext, sessions: PageSessions): RequestHandler {
  return async (request, response) => {
    const key = await sessions.end(request, response);
    const caller = key && callerWithKey(key);
    const address = request.socket.remoteAddress;
    const { traceId } = operationOf(request, response);
    if (caller) {
      audit(context.log, { action: 'sign_out', caller, outcome: 'accepted', address, traceId });
    }
    goTo(response, '/sign-in');
  };
}

/** Leaves what is no page to other routers. */
const onlyPages: RequestHandler = (request, _response, next) => {
  next(PAGES.test(request.path) ? undefined : 'router');
};

/** Lets a request through of whoever is known, has signed in, or needs no key. */
function requireSession(context: ApiContext, sessions: PageSessions): RequestHandler {
  return async (request, response, next) => {
    showSignOut(response, context.configuration.people?.signOutUrl);
    if (!knownCaller(request)) {
      const key = await sessions.keyOf(request, response);
      const caller = key ? callerWithKey(key) : callerWithoutKey(context.configuration);
      if (caller) setCaller(request, caller);
    }
    if (knownCaller(request)) {
      next();
      return;
    }
    if (context.configuration.keys.length === 0) {
      throw new Problem(
        'not_authenticated',
        'Nothing says who you are: open the pages at the address where you sign in.',
      );
    }
    const here = request.method === 'GET' ? request.url : '/messages';
    if (request.method === 'GET' && request.get('sec-fetch-site') === 'cross-site') {
      show(response, <OnceMorePage to={here} />);
      return;
    }
    goTo(response, `/sign-in?${new URLSearchParams({ to: here }).toString()}`);
  };
}

function showProblem({ log }: ApiContext): ErrorRequestHandler {
  return problemHandler(log, (response, problem) => {
    response.status(problem.status);
    show(response, <ProblemPage problem={problem} />);
  });
}

const OVERVIEW = '/';

/** Where to go on after signing in: a path of these pages without the base path, and nowhere else. */
function ownPath(to: unknown, response: Response): string {
  if (typeof to !== 'string') return OVERVIEW;
  const path = withoutBasePath(to, basePathOf(response));
  return /^\/(?:(?:messages|conversations|batches|dead-letters|decisions|sources)(?![^/?])|$)/.test(
    path,
  )
    ? path
    : OVERVIEW;
}

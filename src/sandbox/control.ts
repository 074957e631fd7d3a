/** The sandbox's own HTTP interface, for other processes, curl and people. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Router,
} from 'express';
import { z } from 'zod';
import { inputFaults, relevantIssues } from '../lib/inputFaults.js';
import { isAllowedHost, isFromOtherSite } from '../lib/requestSite.js';
import { faultSchema } from './faults.js';
import { placeSchema } from './places.js';
import { SANDBOX_PLATFORMS } from './platforms.js';
import { personSchema } from './slack/people.js';
import type { Sandbox } from './interface.js';

/** What is wrong with a request is said about its fields. */
const IN_WORDS = { error: inputFaults({ name: 'field' }) };

const filterSchema = z.strictObject({
  platform: z.enum(SANDBOX_PLATFORMS).optional(),
  path: z.string().optional(),
});
const requestFilterSchema = filterSchema.extend({ operation: z.string().optional() });
/** Which post: written as in a destination, with the platform's id of the post. */
const postAddressSchema = z.strictObject({
  platform: z.enum(['slack', 'teams']),
  path: z.string().min(1),
  id: z.string().min(1),
});
const personsPostSchema = z.strictObject({
  platform: z.enum(['slack', 'teams']),
  path: z.string().min(1),
  text: z.string().min(1).max(4_000),
  replyTo: z.string().min(1).optional(),
  author: z.string().min(1).max(80).default('ana'),
});
const settingsSchema = z.strictObject({
  slackEditWindowSeconds: z.number().min(0).nullish().meta({
    description: 'How long messages can be edited; null for ever.',
  }),
  teamsEditing: z.boolean().optional(),
});
const grantsSchema = z.strictObject({
  slackScopes: z.array(z.string()).optional(),
  graphPermissions: z.array(z.string()).optional(),
});

/**
 * The interface below `/control`, and the page.
 *
 * @param hosts names of this machine besides its addresses and localhost; undefined: any name, where other machines use the sandbox
 */
export function createControl(
  sandbox: Sandbox,
  page: Router,
  hosts: readonly string[] | undefined,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  if (hosts) app.use(refuseOtherHosts(hosts));
  app.use('/control', refuseOtherSites, refuseOtherTypes, express.json());

  app.get('/control/posts', (request, response) => {
    response.json(sandbox.posts(filterSchema.parse(request.query, IN_WORDS)));
  });
  app.post('/control/posts', (request, response) => {
    response
      .status(201)
      .json(sandbox.postAsPerson(personsPostSchema.parse(request.body, IN_WORDS)));
  });
  app.delete('/control/posts', (request, response) => {
    const address = postAddressSchema.parse(request.query, IN_WORDS);
    if (sandbox.deletePost(address)) response.status(204).end();
    else response.status(404).json({ error: 'There is no such post: GET /control/posts.' });
  });
  app.put('/control/settings', (request, response) => {
    const { slackEditWindowSeconds: seconds, teamsEditing } = settingsSchema.parse(
      request.body,
      IN_WORDS,
    );
    if (seconds !== undefined) sandbox.setSlackEditWindow((seconds ?? Infinity) * 1_000);
    if (teamsEditing !== undefined) sandbox.allowTeamsEditing(teamsEditing);
    response.status(204).end();
  });
  app.get('/control/requests', (request, response) => {
    response.json(sandbox.requests(requestFilterSchema.parse(request.query, IN_WORDS)));
  });

  app
    .route('/control/faults')
    .get((_request, response) => {
      response.json(sandbox.faults());
    })
    .post((request, response) => {
      response
        .status(201)
        .json({ id: sandbox.addFault(faultSchema.parse(request.body, IN_WORDS)) });
    })
    .delete((_request, response) => {
      sandbox.clearFaults();
      response.status(204).end();
    });
  app.delete('/control/faults/:id', (request, response) => {
    const { id } = request.params;
    if (sandbox.removeFault(id)) response.status(204).end();
    else response.status(404).json({ error: `There is no fault ${id}: GET /control/faults.` });
  });

  app.post('/control/channels', (request, response) => {
    const place = placeSchema.parse(request.body, IN_WORDS);
    sandbox.addPlace(place);
    response.status(201).json(place);
  });
  app.post('/control/people', (request, response) => {
    const person = personSchema.parse(request.body, IN_WORDS);
    sandbox.addPerson(person);
    response.status(201).json(person);
  });
  app.put('/control/grants', (request, response) => {
    const { slackScopes, graphPermissions } = grantsSchema.parse(request.body, IN_WORDS);
    if (slackScopes) sandbox.grantSlackScopes(slackScopes);
    if (graphPermissions) sandbox.grantGraphPermissions(graphPermissions);
    response.status(204).end();
  });
  app.post('/control/expire-slack-tokens', (_request, response) => {
    sandbox.expireSlackTokens();
    response.status(204).end();
  });
  app.post('/control/expire-google-tokens', (_request, response) => {
    sandbox.expireGoogleTokens();
    response.status(204).end();
  });
  app.post('/control/reset', (_request, response) => {
    sandbox.reset();
    response.status(204).end();
  });

  app.use(page);
  app.use((request, response) => {
    response.status(404).json({
      error: `The sandbox has no ${request.method} ${request.path}: see docs/reference/sandbox.md.`,
    });
  });
  app.use(explainErrors);
  return app;
}

/** A page of another site can have a name of its own point to this machine. The browser then sends that name. */
function refuseOtherHosts(hosts: readonly string[]): RequestHandler {
  return (request, response, next) => {
    if (isAllowedHost(request.get('host'), hosts)) next();
    else {
      response.status(421).json({
        error:
          'The Host header names another host than this machine: use 127.0.0.1 or localhost, or set SENDPROOF_ALLOWED_HOSTS.',
      });
    }
  };
}

/** Protects the sandbox from web pages of other sites that the user visits: browsers say which site makes a request. */
const refuseOtherSites: RequestHandler = (request, response, next) => {
  if (!isFromOtherSite(request.headers)) next();
  else
    response.status(403).json({ error: 'The sandbox refuses requests from pages of other sites.' });
};

/** Any page can send text or a form to any address without asking, but not JSON. */
const refuseOtherTypes: RequestHandler = (request, response, next) => {
  const size = request.get('transfer-encoding') ?? request.get('content-length') ?? '0';
  if (size === '0' || request.is('json')) next();
  else {
    response
      .status(415)
      .json({ error: 'Send JSON, with the header "Content-Type: application/json".' });
  }
};

const explainErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  if (error instanceof z.ZodError) {
    const problems = error.issues
      .flatMap(relevantIssues)
      .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
    response.status(400).json({ error: problems.join('; ') });
    return;
  }
  const { status } = error as { status?: number };
  response
    .status(status ?? 500)
    .json({ error: error instanceof Error ? error.message : 'The request failed.' });
};

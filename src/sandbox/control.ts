/** The sandbox's own HTTP interface, for other processes, curl and people. */
import express, {
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Router,
} from 'express';
import { z } from 'zod';
import { faultSchema } from './faults.js';
import { placeSchema } from './places.js';
import { SANDBOX_PLATFORMS } from './posts.js';
import type { Sandbox } from './interface.js';

const filterSchema = z.strictObject({
  platform: z.enum(SANDBOX_PLATFORMS).optional(),
  path: z.string().optional(),
});
const requestFilterSchema = filterSchema.extend({ operation: z.string().optional() });
const grantsSchema = z.strictObject({
  slackScopes: z.array(z.string()).optional(),
  graphPermissions: z.array(z.string()).optional(),
});

/** The interface below `/control`, and the page. */
export function createControl(sandbox: Sandbox, page: Router): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use('/control', refuseOtherSites, express.json({ type: () => true }));

  app.get('/control/posts', (request, response) => {
    response.json(sandbox.posts(filterSchema.parse(request.query)));
  });
  app.get('/control/requests', (request, response) => {
    response.json(sandbox.requests(requestFilterSchema.parse(request.query)));
  });

  app
    .route('/control/faults')
    .get((_request, response) => {
      response.json(sandbox.faults());
    })
    .post((request, response) => {
      response.status(201).json({ id: sandbox.addFault(faultSchema.parse(request.body)) });
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
    const place = placeSchema.parse(request.body);
    sandbox.addPlace(place);
    response.status(201).json(place);
  });
  app.put('/control/grants', (request, response) => {
    const { slackScopes, graphPermissions } = grantsSchema.parse(request.body);
    if (slackScopes) sandbox.grantSlackScopes(slackScopes);
    if (graphPermissions) sandbox.grantGraphPermissions(graphPermissions);
    response.status(204).end();
  });
  app.post('/control/expire-slack-tokens', (_request, response) => {
    sandbox.expireSlackTokens();
    response.status(204).end();
  });
  app.post('/control/reset', (_request, response) => {
    sandbox.reset();
    response.status(204).end();
  });

  app.use(page);
  app.use((request, response) => {
    response.status(404).json({
      error: `The sandbox has no ${request.method} ${request.path}: see docs/sandbox.md.`,
    });
  });
  app.use(explainErrors);
  return app;
}

/** Protects the sandbox from web pages of other sites that the user visits: browsers send the origin of a request. */
const refuseOtherSites: RequestHandler = (request, response, next) => {
  const site = request.get('sec-fetch-site');
  if (site === undefined || site === 'same-origin' || site === 'none') next();
  else
    response.status(403).json({ error: 'The sandbox refuses requests from pages of other sites.' });
};

const explainErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  if (error instanceof z.ZodError) {
    const problems = error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join('.')}: ${message}` : message,
    );
    response.status(400).json({ error: problems.join('; ') });
    return;
  }
  const { status } = error as { status?: number };
  response
    .status(status ?? 500)
    .json({ error: error instanceof Error ? error.message : 'The request failed.' });
};

import { createRequire } from 'node:module';
import type { Client } from '@temporalio/client';
import express, { Router, type Express } from 'express';
import type { Logger } from 'pino';
import { AccountQueues } from './accountQueues.js';
import type { ApiContext } from './apiContext.js';
import { authenticate, callerByKey } from './authentication.js';
import { knownCaller, requireScope } from './caller.js';
import { WrongKeys } from './wrongKeys.js';
import { basePathOf, takeOffBasePath } from './basePath.js';
import { batchesRouter } from './batches.js';
import { allowWebUi, codecRouter } from './codec.js';
import { decisionsRouter } from './decisions.js';
import { deadLettersRouter } from './deadLetters.js';
import { eventsRouter } from './events.js';
import { healthRouter } from './health.js';
import { ingestionRouter } from './ingestion.js';
import { messagesRouter } from './messages.js';
import { allowedMethods, type Methods } from './methods.js';
import { thisInstallation } from './schema/installation.js';
import { openApiDocument, servedAt } from './schema/openapi.js';
import { PAGE_METHODS, pagesRouter } from './pages/pages.js';
import { Overviews } from './overview.js';
import { noOtherSites, onlyJson, onlyOwnHosts } from './otherSites.js';
import { identifyPeople } from './people/identifyPeople.js';
import { Problem } from './problem.js';
import { problemHandler } from './problemHandler.js';
import { collectSystemState } from './systemStateMetrics.js';
import type { QueueState } from '../queues/queue.js';
import { exposition, METRICS_CONTENT_TYPE, type MetricsSource } from '../telemetry/exposition.js';
import { BatchReader } from '../store/batchHistory.js';
import { readSystemState } from '../store/systemState.js';
import { limitRates } from './rateLimits.js';
import { parseParameters } from './requestParameters.js';
import { reschedulingRouter } from './rescheduling.js';
import { sourceListRouter } from './sourceList.js';
import { sourcesRouter } from './sources.js';
import { auditRequests } from './requestAudit.js';
import { traceRequests } from './requestSpan.js';
import { errorChain } from '../lib/errorChain.js';
import { assertSingleHeaders } from './singleHeaders.js';
import { takeTurnsAs } from './turns.js';
import type { QueuedIntake } from './queuedIntake.js';
import type { LiveConfiguration } from './liveConfiguration.js';
import { RecentSourceRequests } from './recentSourceRequests.js';
import { boundedClients } from './boundedClients.js';
import type { ContentEncryption } from '../temporal/encryption/contentEncryption.js';
import { WriteProof } from '../temporal/writeProof.js';

/** The HTTP API over a Temporal client. It keeps nothing between two requests. */
export function createApp(options: {
  configuration: LiveConfiguration;
  encryption: ContentEncryption;
  client: Client;
  /** For calls that Temporal holds open. */
  longPollClient: Client;
  /** What the database of an embedded server has refused lately. */
  databaseFault?: (() => string | undefined) | undefined;
  /** The queues that this process consumes. */
  queues?: (() => QueueState[]) | undefined;
  /** The queue that takes what is sent, where one is configured for that. */
  intake?: QueuedIntake | undefined;
  metrics: MetricsSource;
  log: Logger;
  /** Aborted when the API stops. */
  stopping: AbortSignal;
  /** Aborted, with an ApiStopping, when calls that are under way are given up. */
  givingUp: AbortSignal;
}): Express {
  const {
    client,
    configuration: live,
    givingUp,
    longPollClient,
    metrics: source,
    stopping,
  } = options;
  const { metrics } = source;
  const log = options.log.child({}, { serializers: { err: errorChain } });
  const clients = boundedClients(client, givingUp);
  // One write at a time. On a worker's connection a call can't be ended, nor its refusals be noted.
  const writes = new WriteProof(longPollClient, log, options.databaseFault);
  const accountQueues = new AccountQueues(clients.readClient);
  const context: ApiContext = {
    ...clients,
    longPollClient,
    batchReader: new BatchReader(),
    writes,
    accountQueues,
    overviews: new Overviews({
      ...clients,
      ...{ accountQueues, writes },
      configuration: () => live.current,
    }),
    live,
    encryption: options.encryption,
    intake: options.intake,
    recentRequests: new RecentSourceRequests(),
    // What follows the file is read with each request.
    get configuration() {
      return live.current;
    },
    stopping,
    log,
    metrics,
  };
  const systemState = collectSystemState(
    () => readSystemState(clients.healthClient, live.current),
    () => context.writes.fault(),
    log,
  );
  const document = openApiDocument(productVersion());
  // Without a key, nobody is told which accounts there are.
  const ownDocument = installedDocument(live);

  const wrongKeys = new WrongKeys(metrics, stopping);
  const knowPeople = identifyPeople(context, wrongKeys);
  const authenticated = Router();
  authenticated.use(takeTurnsAs('API'));
  authenticated.use(noOtherSites(() => live.current));
  authenticated.use(knowPeople);
  authenticated.use(authenticate(context, wrongKeys));
  authenticated.use(limitRates(() => live.current));
  authenticated.use(onlyJson);
  authenticated.get('/metrics', requireScope('metrics'), async (_request, response) => {
    response.type(METRICS_CONTENT_TYPE).send(await exposition(source, systemState));
  });
  authenticated.use(
    '/v1',
    ingestionRouter(context),
    batchesRouter(context),
    eventsRouter(context),
    sourceListRouter(context),
    messagesRouter(context),
    decisionsRouter(context),
    reschedulingRouter(context),
    deadLettersRouter(context),
    codecRouter(context),
    // Here, and not only at the end, since outside of this path the route is known without its "/v1".
    problemHandler(log),
  );

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', (query: string | null) => parseParameters(query ?? ''));
  app.use(takeOffBasePath(live.current));
  // Before everything that refuses.
  app.use(auditRequests(metrics, log));
  app.use('/v1/sources', traceRequests, sourcesRouter(context));
  app.use(allowWebUi(live.current));
  app.use(assertSingleHeaders);
  app.use(onlyOwnHosts(() => live.current));
  app.use(allowedMethods({ ...methodsOf(document), ...PAGE_METHODS }));
  app.use(healthRouter(context, options.queues));
  app.get('/openapi.json', knowPeople, (request, response) => {
    const caller = knownCaller(request) ?? callerByKey(request, context.configuration);
    const shown = caller ? ownDocument() : document;
    response.json(servedAt(shown, basePathOf(response)));
  });
  app.use(traceRequests);
  app.use(pagesRouter(context, wrongKeys, knowPeople));
  app.use(authenticated);
  app.use(() => {
    // Without the path, which may hold a token in an address that is nearly one of a source.
    throw new Problem(
      'not_found',
      'This address is not part of the API. /openapi.json lists its paths; a source has the address /v1/sources/<name>.',
    );
  });
  app.use(problemHandler(log));
  return app;
}

/** The document of this installation, made again when what it shows has changed. */
function installedDocument(live: LiveConfiguration): () => ReturnType<typeof openApiDocument> {
  const make = () => openApiDocument(productVersion(), thisInstallation(live.current));
  let shown = live.current.retryProfiles;
  let document = make();
  return () => {
    if (live.current.retryProfiles !== shown) {
      shown = live.current.retryProfiles;
      document = make();
    }
    return document;
  };
}

/** What the document has is what the API takes; the document itself is not in it. */
function methodsOf({ paths }: ReturnType<typeof openApiDocument>): Methods {
  const documented = Object.entries<object>(paths ?? {}).map(([path, item]): [string, string[]] => [
    path,
    Object.keys(item).map((method) => method.toUpperCase()),
  ]);
  return { ...Object.fromEntries(documented), '/openapi.json': ['GET'] };
}

function productVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('sendproof/package.json') as { version: string }).version;
}

/**
 * The configuration: environment variables for what differs from machine to machine, `sendproof.yaml` for accounts and
 * policies. Read at start; all processes follow a part of what changes (`liveConfiguration.ts`). Every error names the variable or the field, and the remedy.
 */
import { isRecord } from '../lib/isRecord.js';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { z } from 'zod';
import { accountId, type AccountId } from '../domain/account.js';
import type { RetryProfile } from '../domain/delivery.js';
import type { Destination } from '../domain/destination.js';
import type { DestinationNames } from '../domain/destinationNames.js';
import type { Platform } from '../destinations/destination.js';
import { PLATFORMS } from '../destinations/registry.js';
import type { AddressRange } from '../lib/addressRange.js';
import { parseBasePath } from '../lib/basePath.js';
import { DEFAULT_SANDBOX_PORT } from '../sandbox/interface.js';
import { durationMs } from '../lib/duration.js';
import { readVariables, type Variables } from '../lib/environment.js';
import type { Route } from '../domain/message.js';
import {
  ACKNOWLEDGEMENT_PROFILE,
  ACKNOWLEDGEMENT_RETRY,
  acknowledgementSettings,
  acknowledgementsSchema,
} from './acknowledgements.js';
import {
  conversationSettings,
  conversationsSchema,
  type ConversationSettings,
} from './conversations.js';
import {
  configuredEventTargets,
  eventFaults,
  eventsSchema,
  type ConfiguredEventTarget,
} from './events.js';
import { destinationFaults, routeFaults } from './configuredDestinations.js';
import {
  contentRetentionOf,
  contentRetentionSchema,
  retentionFaults,
  type ContentRetention,
} from './contentRetention.js';
import { namesSchema } from './destinationNames.js';
import { encryptionSchema, type EncryptionSettings } from './encryption.js';
import { readConfigurationFile } from './configurationFile.js';
import { digestPolicyOf, OVERDUE_AFTER_MS, operatorsSchema } from './operators.js';
import type { AccountLimits, AccountPolicy } from '../destinations/accountPolicy.js';
import { compileTemplates, templatesSchema, type Templates } from './templates.js';
import { receivingSources, sourcesSchema, type ConfiguredSource } from './sources.js';
import { compileRoute, type EventRoute } from '../routing/route.js';
import { routeListFaults, routeListSchema } from './routes.js';
import {
  configuredQueues,
  intakeFaults,
  intakeSchema,
  queueFaults,
  queuesSchema,
  type ConfiguredQueue,
} from './queues.js';
import { keysSchema, keysWithAllScopes, type ApiKey } from './keys.js';
import { peopleOf, peopleSchema, type People } from './people.js';
import { postLinks, postsSchema } from './posts.js';
import { rateLimitSchema } from './rateLimit.js';
import type { PostLinks } from '../links/postLinks.js';
import { inputFaults, relevantIssues } from '../lib/inputFaults.js';
import { BUILT_IN_RETRY_PROFILES, retryProfileSchema } from './retryProfiles.js';
import type { DigestPolicy } from '../contract/notices.js';
import type { AcknowledgementSettings } from '../acknowledgements/policy.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { illFormedTexts } from '../lib/text.js';
import { withSecretsOf } from '../lib/secret.js';
import { own } from '../lib/own.js';
import type { Rate } from '../lib/tokenBucket.js';

/** An account together with its platform. */
export interface ConfiguredAccount {
  id: AccountId;
  platform: Platform;
  /** The part of `id` after the platform. */
  name: string;
  settings: AccountPolicy;
  retry: RetryProfile;
  limits: AccountLimits;
}

export interface Configuration {
  host: string;
  port: number;
  sandboxPort: number;
  /** Of `keys:` and of SENDPROOF_API_KEYS; empty if none are required. */
  keys: ApiKey[];
  /** How many requests each caller without a limit of its own may make; undefined: any number. */
  rateLimit: Rate | undefined;
  /** Those who sign in elsewhere; undefined if nobody may. */
  people: People | undefined;
  accounts: ConfiguredAccount[];
  deduplicationWindow: DeduplicationWindow;
  retryProfiles: Record<string, RetryProfile>;
  /** How the outcomes of messages are reported to their sources. */
  acknowledgements: AcknowledgementSettings;
  /** The sources that receive requests. */
  sources: ConfiguredSource[];
  /** The message queues that messages and events are taken from. */
  queues: ConfiguredQueue[];
  /** The one of them that the API writes to; undefined if it accepts at once. */
  intake: ConfiguredQueue | undefined;
  /** The topics and queues that are told what becomes of messages. */
  events: ConfiguredEventTarget[];
  /** Where events go, in order. */
  routes: EventRoute[];
  /** How routes show events. */
  templates: Templates;
  /** Who receives sendproof's own notices, of dead letters and broken accounts; undefined if nobody does. */
  operators: Operators | undefined;
  conversations: ConversationSettings;
  /** How Temporal keeps the content of messages. */
  encryption: EncryptionSettings;
  /** How long content can be read. */
  contentRetention: ContentRetention;
  /** What people call destinations. */
  names: DestinationNames;
  /** The link in the footer of posts. */
  postLinks: PostLinks;
  /** When operators are notified of dead letters. */
  digest: DigestPolicy;
  /** A message that is neither final nor parked is overdue so long after it was due. */
  overdueAfterMs: number;
  /** How people reach the API and its pages, without a slash at its end; undefined if it isn't configured. */
  publicUrl: string | undefined;
  /** Below which path a proxy shows the API and its pages, as `/sendproof`; empty at the root. */
  basePath: string;
  /** Names under which the API is reached, besides its own and that of `publicUrl`: as `a.example.com` or `*.example.com`. */
  allowedHosts: string[];
  /** The proxies that may name another base path with a request. */
  trustedProxies: AddressRange[];
  /** The URL of Temporal's Web UI in people's browsers; undefined if there is none. */
  temporalUiUrl: string | undefined;
  /** Set if Temporal decides which version of the worker runs which workflow. */
  workerVersion: WorkerDeploymentVersion | undefined;
  /** How many workflows a worker keeps ready in memory; undefined: as many as fit. */
  cachedWorkflows: number | undefined;
  /** The directory of the embedded server, of the sandbox and of tokens that are renewed. */
  dataDirectory: string;
  /** What the file says, to compare it with what it says later. It names secrets, and has none. */
  fileContent: unknown;
  /** The path of the configuration file, if there is one. */
  file: string | undefined;
}

/** How long a deduplication key is remembered, in milliseconds; a source may have its own window. */
export interface DeduplicationWindow {
  defaultMs: number;
  bySourceMs: Record<string, number>;
}

/** The people who run sendproof. */
export interface Operators {
  destinations: Route[];
}

const accountName = z.string().regex(/^[A-Za-z0-9_.-]+$/, 'may have letters, digits, _ . and -');

/** Of `sendproof.yaml`. */
export const fileSchema = z.strictObject({
  deduplicationWindow: durationMs.prefault('24h'),
  retry: z.record(z.string(), retryProfileSchema).default({}),
  sources: sourcesSchema,
  queues: queuesSchema,
  intake: intakeSchema,
  events: eventsSchema,
  routes: routeListSchema,
  templates: templatesSchema,
  acknowledgements: acknowledgementsSchema,
  operators: operatorsSchema.optional(),
  names: namesSchema,
  conversations: conversationsSchema,
  posts: postsSchema,
  rateLimit: rateLimitSchema.optional(),
  keys: keysSchema,
  encryption: encryptionSchema,
  people: peopleSchema,
  contentRetention: contentRetentionSchema,
  accounts: z
    .strictObject(
      Object.fromEntries(
        PLATFORMS.map(({ name, accountSchema }) => [
          name,
          z.record(accountName, accountSchema).default({}),
        ]),
      ),
    )
    .prefault({}),
});

/**
 * Reads the configuration file and the environment. If both configure an account, the file's is used.
 *
 * Throws a ConfigurationError that lists all faults.
 *
 * @param accountsToCome the accounts that the configuration may name although it doesn't have them yet
 */
export function loadConfiguration(
  environment: NodeJS.ProcessEnv,
  accountsToCome: readonly AccountId[] = [],
): Configuration {
  const variables = readVariables(environment);
  const file = readConfigurationFile(variables.SENDPROOF_CONFIG);
  const settings = withSecretsOf(environment, () =>
    parse(
      fileSchema,
      addAccountsOf(environment, file?.content),
      `${file?.path ?? 'configuration'}: `,
    ),
  );
  const retryProfiles: Record<string, RetryProfile> = {
    ...BUILT_IN_RETRY_PROFILES,
    [ACKNOWLEDGEMENT_PROFILE]: ACKNOWLEDGEMENT_RETRY,
    ...settings.retry,
  };

  const dataDirectory = variables.SENDPROOF_DATA_DIR ?? '.sendproof';
  const accounts = PLATFORMS.flatMap((platform) =>
    Object.entries(own(settings.accounts, platform.name) ?? {}).map(([name, account]) => {
      const id = accountId({ platform: platform.name, account: name });
      const retry = own(retryProfiles, account.retry);
      if (!retry) {
        throw new ConfigurationError(
          `The account ${id} names the retry profile "${account.retry}", which is not defined under "retry" (defined: ${Object.keys(retryProfiles).join(', ')}).`,
        );
      }
      const limits = { ...platform.limits, ...account.limits };
      const settings = platform.withDefaults?.(account, { name, dataDirectory }) ?? account;
      return { id, platform, name, settings, retry, limits };
    }),
  );

  const acknowledgements = acknowledgementSettings(
    settings.acknowledgements,
    settings.sources,
    retryProfiles,
  );
  const sources = receivingSources(settings.sources);
  const named: [place: string, routes: readonly Route[]][] = [
    ['operators.destinations', settings.operators?.destinations ?? []],
    ...settings.routes.map(({ to }, index): [string, Route[]] => [`routes.${index}.to`, to]),
    ...sources.map(({ name, unroutable = [] }): [string, Route[]] => [
      `sources.${name}.unroutable.to`,
      unroutable,
    ]),
  ];
  const contentRetention = contentRetentionOf(
    settings.contentRetention,
    settings.sources,
    dataDirectory,
  );
  const { faults: templateFaults, templates } = compileTemplates(settings.templates, sources, file);
  const faults = [
    ...named.flatMap(([place, routes]) => routeFaults(routes, place, accounts, accountsToCome)),
    ...Object.keys(settings.names).flatMap((destination) =>
      destinationFaults(
        destination as Destination,
        `names.${destination}`,
        accounts,
        accountsToCome,
      ),
    ),
    ...routeListFaults(settings.routes, {
      sources: Object.keys(settings.sources),
      retryProfiles: Object.keys(retryProfiles),
      templates: Object.keys(settings.templates),
      callbacks: acknowledgements.callbacks,
    }),
    ...queueFaults(
      settings.queues,
      sources.map(({ name }) => name),
    ),
    ...intakeFaults(settings.intake, settings.queues),
    ...eventFaults(settings.events, settings.queues),
    ...retentionFaults(contentRetention, retryProfiles),
  ].map((fault) => `${file?.path ?? 'configuration'}: ${fault}`);
  if (faults.length + templateFaults.length > 0) {
    throw new ConfigurationError([...faults, ...templateFaults].join('\n'));
  }

  const queues = configuredQueues(settings.queues);
  const address = publicAddress(variables);
  return {
    host: variables.HOST ?? '127.0.0.1',
    port: variables.PORT ?? 3000,
    sandboxPort: variables.SANDBOX_PORT ?? DEFAULT_SANDBOX_PORT,
    keys: [...settings.keys, ...keysWithAllScopes(listOf(variables.SENDPROOF_API_KEYS ?? ''))],
    people: peopleOf(settings.people, variables.SENDPROOF_TRUSTED_PROXIES ?? []),
    accounts,
    deduplicationWindow: {
      defaultMs: variables.DEDUPLICATION_WINDOW ?? settings.deduplicationWindow,
      bySourceMs: Object.fromEntries(
        Object.entries(settings.sources).flatMap(([source, { deduplicationWindow }]) =>
          deduplicationWindow === undefined ? [] : [[source, deduplicationWindow]],
        ),
      ),
    },
    rateLimit: settings.rateLimit,
    retryProfiles,
    acknowledgements,
    sources,
    queues,
    intake: queues.find(({ name }) => name === settings.intake?.queue),
    events: configuredEventTargets(settings.events),
    routes: settings.routes.map(compileRoute),
    templates,
    operators: settings.operators,
    conversations: conversationSettings(settings.conversations),
    encryption: settings.encryption,
    contentRetention,
    names: settings.names,
    digest: digestPolicyOf(settings.operators),
    overdueAfterMs: settings.operators?.overdueAfter ?? OVERDUE_AFTER_MS,
    ...address,
    postLinks: postLinks(settings.posts, address.publicUrl),
    allowedHosts: variables.SENDPROOF_ALLOWED_HOSTS ?? [],
    trustedProxies: variables.SENDPROOF_TRUSTED_PROXIES ?? [],
    temporalUiUrl: variables.TEMPORAL_UI_URL,
    workerVersion: workerVersionOf(variables),
    cachedWorkflows: variables.SENDPROOF_CACHED_WORKFLOWS,
    dataDirectory,
    fileContent: file?.content,
    file: file?.path,
  };
}

/** Either of the two variables says what the other leaves out of the path at which people reach the API. */
function publicAddress({
  BASE_PATH,
  PUBLIC_URL,
}: Variables): Pick<Configuration, 'basePath' | 'publicUrl'> {
  if (PUBLIC_URL === undefined) return { basePath: BASE_PATH ?? '', publicUrl: undefined };
  const { pathname } = new URL(PUBLIC_URL);
  return {
    basePath: BASE_PATH ?? parseBasePath(pathname) ?? '',
    publicUrl: pathname === '/' ? PUBLIC_URL + (BASE_PATH ?? '') : PUBLIC_URL,
  };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function workerVersionOf({
  SENDPROOF_DEPLOYMENT_NAME: deploymentName,
  SENDPROOF_BUILD_ID: buildId,
}: Variables): WorkerDeploymentVersion | undefined {
  if (!deploymentName && !buildId) return undefined;
  if (deploymentName && buildId) return { deploymentName, buildId };
  throw new ConfigurationError(
    'Worker versioning needs both SENDPROOF_DEPLOYMENT_NAME and SENDPROOF_BUILD_ID: set both, or neither.',
  );
}

export function findAccount(
  { accounts }: Configuration,
  id: AccountId,
): ConfiguredAccount | undefined {
  return accounts.find((account) => account.id === id);
}

/** The longest window of any source. The namespace's retention must not be shorter. */
export function longestWindowMs({ defaultMs, bySourceMs }: DeduplicationWindow): number {
  return Math.max(defaultMs, ...Object.values(bySourceMs));
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  where: string,
): z.output<Schema> {
  const [illFormed] = illFormedTexts(input);
  if (illFormed) {
    throw new ConfigurationError(
      `${where}${illFormed.join('.')}: is not Unicode text: it has half of a surrogate pair, as \\ud83d without the other half`,
    );
  }
  const result = schema.safeParse(input, { error: inputFaults({ name: 'setting' }) });
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues
      .flatMap(relevantIssues)
      .map(({ path, message }) => `${where}${path.join('.') || '(top level)'}: ${message}`)
      .join('\n'),
    { cause: result.error },
  );
}

/** Adds each platform's account `default` from the environment where the file doesn't configure it. */
function addAccountsOf(environment: NodeJS.ProcessEnv, content: unknown): unknown {
  if (content !== undefined && !isRecord(content)) return content;
  const file = content ?? {};
  const accounts = isRecord(file.accounts) ? file.accounts : {};
  const merged = Object.fromEntries(
    PLATFORMS.flatMap((platform) => {
      const account: unknown = platform.accountFromEnvironment(environment);
      const configured = own(accounts, platform.name);
      if (configured !== undefined && !isRecord(configured)) return [[platform.name, configured]];
      return [
        [platform.name, { ...(account !== undefined && { default: account }), ...configured }],
      ];
    }),
  );
  return { ...file, accounts: { ...accounts, ...merged } };
}

/** `sendproof routes test`: what would become of a payload, without an API, without Temporal, and without posting anything. */
import { readFileSync } from 'node:fs';
import { eventKey } from '../acceptance/eventKey.js';
import { renderEvent } from '../acceptance/eventContent.js';
import { loadConfiguration, type Configuration } from '../config/configuration.js';
import type { ConfiguredSource } from '../config/sources.js';
import type { SourceEvent } from '../domain/event.js';
import { eventSchema } from '../domain/event.js';
import type { Content } from '../domain/message.js';
import { ConfigurationError } from '../lib/configurationError.js';
import { inputFaults, relevantIssues } from '../lib/inputFaults.js';
import { remedy } from '../lib/nearest.js';
import { chooseRoutes } from '../routing/chooseRoutes.js';
import { Unusable, type Identity, type SourceRequest } from '../sources/source.js';
import { sampleRequest } from '../sources/sampleRequest.js';
import { SANDBOX_ACCOUNTS } from '../start/sandboxAccounts.js';
import type { CommandContext } from './command.js';
import { FailureError, UsageError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { printable, type Display } from './output.js';
import { sandboxView, type ShownPost } from './sandboxView.js';

export interface RoutesTestOptions {
  source: string;
  header?: string[];
  config?: string;
  /** Whether it is shown as posts of the platforms, too. */
  posts: boolean;
}

interface RouteReport {
  route: string;
  takes: boolean;
  /** Why it doesn't take the event. */
  because?: string | undefined;
  template?: string | undefined;
  /** Whether the route would not post it at this time. */
  muted?: boolean;
  /** Set where the template could not show the event. */
  templateFailure?: string | undefined;
  deduplicationKey?: string;
  content?: Content;
  posts?: ShownPost[];
}

interface EventReport {
  key: string;
  reference?: string | undefined;
  conversation?: string | undefined;
  state: string;
  severity?: string | undefined;
  title: string;
  routes: RouteReport[];
  /** Whether a route takes it. */
  routed: boolean;
}

interface Report {
  source: string;
  authentic: boolean | 'unknown';
  /** Why it is not authentic, or why that isn't known. */
  because?: string | undefined;
  kind: Identity['kind'] | 'unusable';
  detail?: string | undefined;
  events: EventReport[];
}

/** Exits with 1 where the payload can't be used, or where no route takes one of its events. */
export async function routesTest(
  file: string,
  options: RoutesTestOptions,
  { environment, output, stdin }: CommandContext,
): Promise<ExitCode> {
  const configuration = loadConfiguration(
    { ...environment, ...(options.config !== undefined && { SENDPROOF_CONFIG: options.config }) },
    SANDBOX_ACCOUNTS,
  );
  const body = file === '-' ? await readAll(stdin) : read(file);
  const report =
    options.source === 'events'
      ? await reportOfEvent(body, configuration, options)
      : await reportOfRequest(body, configuration, options);
  // Of the report itself: a printable value has no line breaks.
  output.result(report, (_printable, display) => renderReport(report, display));
  const isFine =
    report.kind !== 'unusable' &&
    report.authentic !== false &&
    report.events.every(
      ({ routed, routes }) => routed && !routes.some((each) => each.templateFailure),
    );
  return isFine ? ExitCode.done : ExitCode.failed;
}

async function reportOfRequest(
  body: Buffer,
  configuration: Configuration,
  options: RoutesTestOptions,
): Promise<Report> {
  const configured = sourceNamed(options.source, configuration);
  const headers = headersOf(options.header ?? []);
  const request: SourceRequest = { ...sampleRequest({ headers, body: '' }), body };
  const verdict = await verdictOn(configured, request, options.header !== undefined);
  const base = { source: configured.name, ...verdict, events: [] };
  try {
    const identity = configured.source.identify(request);
    if (identity.kind === 'test') return { ...base, kind: 'test', detail: identity.says };
    if (identity.kind === 'handshake') return { ...base, kind: 'handshake' };
    const events: EventReport[] = [];
    for (const parsed of configured.source.parse(request)) {
      const event: SourceEvent = { ...parsed, source: configured.name };
      events.push(await reportOf(event, configuration, options));
    }
    return { ...base, kind: 'events', events };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    return { ...base, kind: 'unusable', detail: error.message };
  }
}

/** The product's own form, as `POST /v1/events` takes it. */
async function reportOfEvent(
  body: Buffer,
  configuration: Configuration,
  options: RoutesTestOptions,
): Promise<Report> {
  const base = {
    source: 'events',
    authentic: 'unknown',
    because: 'POST /v1/events takes an API key',
  } as const;
  const parsed = eventSchema.safeParse(jsonOf(body), { error: inputFaults({ name: 'field' }) });
  if (parsed.success) {
    return {
      ...base,
      kind: 'events',
      events: [await reportOf(parsed.data, configuration, options)],
    };
  }
  const detail = parsed.error.issues
    .flatMap(relevantIssues)
    .map(({ message, path }) => `${path.join('.') || 'the event'}: ${message}`)
    .join('; ');
  return { ...base, kind: 'unusable', detail, events: [] };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new FailureError('The payload is not JSON.');
  }
}

/** Without the secret, as in CI, nobody can tell; the rest of the report doesn't need it. */
async function verdictOn(
  { source }: ConfiguredSource,
  request: SourceRequest,
  hasHeaders: boolean,
): Promise<Pick<Report, 'authentic' | 'because'>> {
  if (!hasHeaders) return { authentic: 'unknown', because: 'no --header was given' };
  try {
    const verdict = await source.verify(request);
    return verdict === 'authentic'
      ? { authentic: true }
      : { authentic: false, because: verdict.refusedBecause };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { authentic: 'unknown', because: error.message };
  }
}

async function reportOf(
  event: SourceEvent,
  configuration: Configuration,
  { posts }: RoutesTestOptions,
): Promise<EventReport> {
  const routes: RouteReport[] = [];
  let isFirst = true;
  for (const { mismatch, route } of chooseRoutes(configuration.routes, event)) {
    if (mismatch !== undefined) {
      routes.push({ route: route.name, takes: false, because: mismatch });
      continue;
    }
    const { content, templateFailure } = renderEvent(configuration, route, event);
    const deduplicationKey = eventKey(event, isFirst ? undefined : route.name);
    isFirst = false;
    const shown = posts ? await sandboxView(route.to, content, event, deduplicationKey) : undefined;
    routes.push({
      route: route.name,
      takes: true,
      template: route.template,
      muted: route.muted(event, Date.now()) !== undefined,
      templateFailure,
      deduplicationKey,
      content,
      ...(shown && { posts: shown }),
    });
  }
  const { conversation, key, reference, severity, state, title } = event;
  const routed = routes.some(({ takes }) => takes);
  return { key, reference, conversation, state, severity, title, routes, routed };
}

/** The source of this name; else the only one of this type. */
export function sourceNamed(name: string, { sources }: Configuration): ConfiguredSource {
  const ofType = sources.filter(({ type }) => type.name === name);
  const found =
    sources.find((each) => each.name === name) ?? (ofType.length === 1 ? ofType[0] : undefined);
  if (found) return found;
  const names = sources.map((each) => each.name);
  throw new UsageError(
    names.length === 0
      ? `There is no source "${name}": the configuration has none. Add it to "sources".`
      : `There is no source "${name}"; ${remedy(name, names)}`,
  );
}

/** With lower-case names. */
export function headersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((header) => {
      const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):\s*(.*)$/s.exec(header) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError('Write --header as "Name: value".');
      }
      return [name.toLowerCase(), value.trim()];
    }),
  );
}

export function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new UsageError(`The file ${file} can’t be read (${code}).`);
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function renderReport(report: Report, { style }: Display): string {
  const { authentic, because, detail, events, kind, source } = report;
  const known = authentic === 'unknown' ? 'not checked' : authentic ? 'yes' : 'no';
  const lines: string[] = [
    `${style('bold', source)}  ${detail === undefined ? kind : `${kind}: ${detail}`}`,
    `  authentic     ${known}${because === undefined ? '' : ` (${because})`}`,
  ];
  for (const event of events) {
    lines.push('', style('bold', printable(event.title)), ...factsOf(printable(event)));
    if (!event.routed) lines.push(style('red', '  no route takes this event'));
    for (const route of event.routes) lines.push(...linesOf(route, style));
  }
  return lines.join('\n');
}

function factsOf({ conversation, key, reference, severity, state }: EventReport): string[] {
  return [
    `  key           ${key}`,
    ...(reference === undefined ? [] : [`  reference     ${reference}`]),
    ...(conversation === undefined ? [] : [`  conversation  ${conversation}`]),
    `  state         ${state}${severity === undefined ? '' : `, ${severity}`}`,
  ];
}

function linesOf(route: RouteReport, style: Display['style']): string[] {
  if (!route.takes) return [`  ✗ ${route.route}: ${route.because ?? ''}`];
  const { content, deduplicationKey = '', muted, posts = [], template, templateFailure } = route;
  return [
    style(
      'green',
      `  ✓ ${route.route}${template === undefined ? '' : `, with the template ${template}`}`,
    ),
    `      message key  ${deduplicationKey}`,
    ...(muted === true ? ['      muted at this time: it would not be posted now'] : []),
    ...(templateFailure === undefined
      ? []
      : [
          style(
            'red',
            `      the template could not show it (${templateFailure}); the default content is shown`,
          ),
        ]),
    ...indented([content?.title ?? '', content?.text ?? ''].filter(Boolean).join('\n'), '      │ '),
    ...posts.flatMap(({ destination, text }) => [
      `      ${destination}`,
      ...indented(text, '        ▏ '),
    ]),
  ];
}

function indented(text: string, before: string): string[] {
  return text.split('\n').map((line) => before + printable(line));
}

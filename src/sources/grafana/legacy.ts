/**
 * The alerts of dashboards, which Grafana had before version 11: one alert, without a group.
 * https://grafana.com/docs/grafana/v8.0/alerting/old-alerting/notifications/#webhook
 */
import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';
import { event } from '../event.js';
import { facts, linksLine, paragraphs, plain } from '../facts.js';
import { at, isObject, listAt, textAt, type JsonObject } from '../json.js';
import { firstTen } from '../listing.js';
import type { ParsedEvent } from '../source.js';

export function isLegacy(payload: JsonObject): boolean {
  return (
    ['ruleName', 'ruleId', 'state'].every((name) => textAt(payload, name) !== undefined) &&
    at(payload, 'alerts') === undefined
  );
}

/** The alert of the button "Send Test" in a notification channel. */
export function isLegacyTest(payload: JsonObject): boolean {
  return textAt(payload, 'ruleId') === '0' && /\bTest notification$/i.test(nameOf(payload));
}

function nameOf(payload: JsonObject): string {
  return textAt(payload, 'ruleName') ?? '';
}

interface Shown {
  verb: string;
  state: EventState;
  severity: Severity;
}

const STATES = new Map<string, Shown>([
  ['alerting', { verb: 'Firing', state: 'triggered', severity: 'error' }],
  ['no_data', { verb: 'No data', state: 'triggered', severity: 'warning' }],
  ['ok', { verb: 'Resolved', state: 'resolved', severity: 'ok' }],
]);

/** @param key of the request: nothing in the payload tells two alerts of a rule apart */
export function parseLegacy(payload: JsonObject, key: string): ParsedEvent {
  const word = textAt(payload, 'state') ?? '';
  const { severity, state, verb } = STATES.get(word) ?? {
    verb: word.replaceAll('_', ' '),
    state: 'updated' as const,
    severity: 'info' as const,
  };
  const url = textAt(payload, 'ruleUrl');
  const organisation = textAt(payload, 'orgId') ?? '';
  const rule = textAt(payload, 'ruleId') ?? '';
  return event({
    key,
    reference: nameOf(payload),
    conversation: `rule ${organisation}/${rule}`,
    state,
    severity,
    title: `${verb}: ${nameOf(payload)}`,
    text: paragraphs(
      plain(textAt(payload, 'message')),
      firstTen(listAt(payload, 'evalMatches').map((each) => () => matchLine(each))),
      facts(
        Object.fromEntries(
          Object.entries(tagsOf(payload)).map(([name, value]) => [plain(name) ?? '', plain(value)]),
        ),
      ),
      linksLine([
        ['Rule', url],
        ['Image', at(payload, 'imageUrl')],
      ]),
    ),
    url,
    labels: {
      ...tagsOf(payload),
      alertname: nameOf(payload),
      orgId: organisation,
      state: word,
    },
    raw: payload,
  });
}

/** As `Count {host=db-3}: 97`. */
function matchLine(match: unknown): string {
  const tags = Object.entries(tagsOf(match))
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const metric = textAt(match, 'metric') ?? 'Value';
  return (
    plain(`${metric}${tags === '' ? '' : ` {${tags}}`}: ${textAt(match, 'value') ?? 'none'}`) ?? ''
  );
}

const MOST_TAGS = 20;

function tagsOf(of: unknown): Record<string, string> {
  const tags = at(of, 'tags');
  if (!isObject(tags)) return {};
  return Object.fromEntries(
    Object.entries(tags)
      .flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' && value !== '' ? [[name, value]] : [],
      )
      .slice(0, MOST_TAGS),
  );
}

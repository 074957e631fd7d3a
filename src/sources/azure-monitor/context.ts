/**
 * What caused an alert. Its context has another form for each monitoring service:
 * https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
 */
import { shortenMarkdown } from '../../destinations/document/openCode.js';
import { shortenText } from '../../lib/cutText.js';
import { facts, linksLine, paragraphs, plain } from '../facts.js';
import { fieldsOf } from '../fields.js';
import { htmlToMarkdown } from '../html.js';
import { at, isObject, listAt, textAt } from '../json.js';
import { firstTen } from '../listing.js';

/** Markdown. Empty where there is no context. */
export function contextText(context: unknown): string {
  const shown = paragraphs(
    plain(issueIn(context)),
    shortenMarkdown(htmlToMarkdown(textAt(context, 'properties', 'communication')) ?? '', LONGEST),
    plain(cut(textAt(context, 'properties', 'details'))),
    plain(
      textAt(context, 'annotations', 'summary') ?? textAt(context, 'annotations', 'description'),
    ),
    firstTen(listAt(context, 'condition', 'allOf').map((each) => () => conditionLine(each))),
    facts({
      // Of the activity log, Service Health and Resource Health.
      Operation: plain(textAt(context, 'operationName')),
      By: plain(textAt(context, 'caller')),
      Status: plain(textAt(context, 'status')),
      // Of log searches before version 2.
      Query: plain(cut(textAt(context, 'SearchQuery'))),
      Results: plain(textAt(context, 'ResultCount')),
      // Of Prometheus.
      Expression: plain(cut(textAt(context, 'expression'))),
      Value: plain(textAt(context, 'expressionValue')),
    }),
    fieldsOf(at(context, 'labels')),
    fieldsOf(otherProperties(context)),
    linksLine([
      ['Results', resultsUrls(context).find((url) => url !== undefined)],
      ['Runbook', at(context, 'annotations', 'runbook_url')],
    ]),
  );
  // One of a service that is not known here, as smart detection or a budget.
  return shown === '' ? fieldsOf(context) : shown;
}

/** What is wrong at Azure, where the name of the rule only says what is watched. */
export function issueIn(context: unknown): string | undefined {
  return textAt(context, 'properties', 'title');
}

/** Alerts of the activity log are always fired, also by the end of an issue: whether this is one. */
export function isEndOfIssue(context: unknown): boolean {
  return [textAt(context, 'status'), textAt(context, 'properties', 'stage')].some((each) =>
    /^(?:resolved|complete|completed)$/i.test(each ?? ''),
  );
}

/** Where people see the results that fired it: the best first. */
export function resultsUrls(context: unknown): (string | undefined)[] {
  const [condition] = listAt(context, 'condition', 'allOf');
  return [
    textAt(condition, 'linkToFilteredSearchResultsUI'),
    textAt(condition, 'linkToSearchResultsUI'),
    textAt(context, 'LinkToFilteredSearchResultsUI'),
    textAt(context, 'LinkToSearchResults'),
  ];
}

const LONGEST = 2_000;

function cut(text: string | undefined): string | undefined {
  return text === undefined ? undefined : shortenText(text, LONGEST);
}

/** Shown by themselves, or the same again in another form. */
const SHOWN = /^(?:title|communication|details|impactedServices.*|defaultLanguage.*)$/;

function otherProperties(context: unknown): unknown {
  const properties = at(context, 'properties');
  if (!isObject(properties)) return undefined;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !SHOWN.test(name)));
}

/** As `Percentage CPU GreaterThan 80, is 97.2 (host=db-3)`. */
function conditionLine(condition: unknown): string {
  const name =
    textAt(condition, 'webTestName') ??
    textAt(condition, 'metricName') ??
    textAt(condition, 'metricMeasureColumn') ??
    textAt(condition, 'metricMeasure') ??
    cut(textAt(condition, 'searchQuery'));
  const rule = [name, textAt(condition, 'operator'), textAt(condition, 'threshold')];
  const value = textAt(condition, 'metricValue');
  const dimensions = listAt(condition, 'dimensions')
    .map((each) => `${textAt(each, 'name') ?? ''}=${textAt(each, 'value') ?? ''}`)
    .join(', ');
  const line = rule.filter((part) => part !== undefined).join(' ');
  return (
    plain(
      `${line}${value === undefined ? '' : `, is ${value}`}${dimensions === '' ? '' : ` (${shortenText(dimensions, LONGEST)})`}`,
    ) ?? ''
  );
}

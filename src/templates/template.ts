/** How an event is shown: one entry of `templates:` in `sendproof.yaml`. */
import { LiquidError, type Template as Pieces } from 'liquidjs';
import { z } from 'zod';
import type { SourceEvent } from '../domain/event.js';
import { contentSchema, type Content, type Severity } from '../domain/message.js';
import { closeOpenCode } from '../destinations/document/openCode.js';
import { remedy } from '../lib/nearest.js';
import { own } from '../lib/own.js';
import { withoutMarks } from './compose.js';
import { defaultContent } from './defaultContent.js';
import { engine, FILTER_NAMES, LONGEST_TEMPLATE, renderedText, TAG_NAMES } from './engine.js';
import { EVENT_FIELDS } from './fields.js';
import { unknownFields, type TemplateFault } from './paths.js';
import { markdown } from './richText.js';

const source = z.string().max(LONGEST_TEMPLATE, `must be at most ${LONGEST_TEMPLATE} characters`);

export const templateSchema = z
  .strictObject({
    /** Plain text. Without it, the title of the event; an empty one: no title. */
    title: source.optional(),
    /** Markdown. Without it, the text of the event. */
    text: source.optional(),
    /** One of the severities. Without it, and where it gives none, that of the event. */
    severity: source.optional(),
  })
  .refine(({ severity, text, title }) => (severity ?? text ?? title) !== undefined, {
    error: 'needs a title, a text or a severity',
  });
export type TemplateSettings = z.output<typeof templateSchema>;

/** Why a template could not show an event. It names no content. */
export type TemplateFailure = 'failed' | 'too_much_work' | 'empty';

/** Content of an event, and what went wrong where it isn't what the template says. */
export interface Rendered {
  content: Content;
  failure?: TemplateFailure;
}

/** A template, ready for events. */
export interface EventTemplate {
  name: string;
  /** Never throws: an event that the template can't show has the default content, with a note. */
  render(event: SourceEvent): Rendered;
  /** What goes wrong with this event, so that people learn of it before an event comes. */
  faultWith(event: SourceEvent): FieldFault | undefined;
}

export interface FieldFault extends TemplateFault {
  field: keyof TemplateSettings;
}

/** What is wrong with a template, each with the line within its field. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    super(
      faults.map(({ field, line, message }) => `${field}, line ${line}: ${message}`).join('\n'),
    );
    this.faults = faults;
  }
}

const SEVERITIES = contentSchema.shape.severity.unwrap().options;

const FIELDS = ['title', 'text', 'severity'] as const satisfies (keyof TemplateSettings)[];

const NOTES: Record<TemplateFailure, string> = {
  failed: 'could not be used',
  too_much_work: 'took more work than a template may',
  empty: 'gave an empty text',
};

/** @throws TemplateError with all that is wrong with it */
export function compileTemplate(name: string, settings: TemplateSettings): EventTemplate {
  const compiled = FIELDS.flatMap((field) => {
    const text = settings[field];
    return text === undefined ? [] : [parseField(field, text)];
  });
  const faults = compiled.flatMap(({ faults }) => faults);
  if (faults.length > 0) throw new TemplateError(faults);
  const fields = Object.fromEntries(compiled.map(({ field, pieces }) => [field, pieces]));
  const template: EventTemplate = {
    name,
    render: (event) => {
      try {
        return { content: contentOf(fields, event) };
      } catch (error) {
        const reason = failureOf(error);
        return { content: withNote(defaultContent(event), name, reason), failure: reason };
      }
    },
    faultWith: (event) => {
      for (const { field, pieces } of compiled) {
        try {
          renderedText(pieces, scopeOf(event));
        } catch (error) {
          return { field, ...faultOf(error) };
        }
      }
      return undefined;
    },
  };
  const fault = template.faultWith(EVENT_WITH_ALL);
  if (fault) throw new TemplateError([fault]);
  return template;
}

/** The default content, which says why it is shown. */
function withNote(content: Content, template: string, reason: TemplateFailure): Content {
  return {
    ...content,
    text: `${closeOpenCode(content.text)}\n\n_The template \`${template}\` ${NOTES[reason]}._`,
  };
}

function contentOf(fields: Record<string, Pieces[]>, event: SourceEvent): Content {
  const scope = scopeOf(event);
  const plain = (field: string): string | undefined => {
    const pieces = own(fields, field);
    if (!pieces) return undefined;
    const { text, written } = renderedText(pieces, scope);
    return written.asPlainText(text);
  };
  const title = plain('title') ?? event.title;
  const severity = severityOf(plain('severity')) ?? event.severity;
  const pieces = own(fields, 'text');
  const text = pieces ? markdownOf(pieces, scope) : defaultContent(event).text;
  return { ...(title !== '' && { title }), text, ...(severity && { severity }) };
}

function markdownOf(pieces: Pieces[], scope: Readonly<Record<string, unknown>>): string {
  const { text, written } = renderedText(pieces, scope);
  const shown = written
    .asMarkdown(text)
    .trimEnd()
    .replace(/^\s*\n/, '');
  if (shown.trim() === '') throw new EmptyText('the text is empty');
  return shown;
}

class EmptyText extends Error {
  override readonly name = 'EmptyText';
}

function severityOf(given: string | undefined): Severity | undefined {
  const word = given?.toLowerCase();
  return SEVERITIES.find((each) => each === word);
}

/** What a template sees. A field without a value is empty. */
function scopeOf(event: SourceEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...event, text: markdown(event.text) };
  const known = EVENT_FIELDS.map((name) => [name, own(fields, name)] as const);
  return { event: Object.fromEntries(known) };
}

/** Each field has a value, so that every filter of a template has something to do when it is checked. */
const EVENT_WITH_ALL: SourceEvent = {
  key: 'key',
  source: 'source',
  reference: '1',
  conversation: 'conversation',
  state: 'triggered',
  rank: 0,
  occurredAt: '2026-01-01T00:00:00.000Z',
  severity: 'critical',
  title: 'A title',
  summary: 'A summary',
  text: 'A **text**.',
  url: 'https://example.com/',
  labels: {},
  isReminder: false,
  raw: {},
};

function parseField(
  field: keyof TemplateSettings,
  text: string,
): { field: keyof TemplateSettings; pieces: Pieces[]; faults: FieldFault[] } {
  try {
    const pieces = engine.parse(withoutMarks(text));
    const faults = unknownFields(engine, pieces).map((fault) => ({ field, ...fault }));
    return { field, pieces, faults };
  } catch (error) {
    return { field, pieces: [], faults: [{ field, ...faultOf(error) }] };
  }
}

/** LiquidJS ends its messages with the place, which is told apart from them here. */
export function faultOf(error: unknown): TemplateFault {
  if (error instanceof RangeError) return { line: 1, message: 'is nested too deeply' };
  if (!(error instanceof LiquidError)) return { line: 1, message: String(error) };
  const [line = 1] = error.token.getPosition();
  const said = error.message.replace(/, (?:file:.*, )?line:\d+, col:\d+$/, '');
  const [, tag] = /^tag "(.*)" not found$/.exec(said) ?? [];
  if (tag !== undefined) {
    return { line, message: `there is no tag "${tag}"; ${remedy(tag, TAG_NAMES)}` };
  }
  const [, filter] = /^undefined filter: (.*)$/.exec(said) ?? [];
  if (filter !== undefined) {
    return { line, message: `there is no filter "${filter}"; ${remedy(filter, FILTER_NAMES)}` };
  }
  if (isLimit(error)) return { line, message: 'takes more work than a template may' };
  return { line, message: said };
}

function isLimit({ message }: Error): boolean {
  return message.includes(' limit exceeded');
}

function failureOf(error: unknown): TemplateFailure {
  if (error instanceof EmptyText) return 'empty';
  if (error instanceof RangeError) return 'too_much_work';
  return error instanceof Error && isLimit(error) ? 'too_much_work' : 'failed';
}

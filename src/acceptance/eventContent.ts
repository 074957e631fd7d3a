import type { SourceEvent } from '../domain/event.js';
import type { Configuration } from '../config/configuration.js';
import { contentSchema, readableContent, type Content } from '../domain/message.js';
import { isOnlyMarkup } from '../destinations/document/parseDocument.js';
import { own } from '../lib/own.js';
import type { EventRoute } from '../routing/route.js';
import { defaultContent } from '../templates/defaultContent.js';
import type { TemplateFailure } from '../templates/template.js';
import { cutPoint, shortenText } from '../lib/cutText.js';
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';

/** What the route's template makes of the event, as content that a message can have. Never throws. */
export function renderEvent(
  { templates }: Pick<Configuration, 'templates'>,
  { template }: Pick<EventRoute, 'template'>,
  event: SourceEvent,
): { content: Content; templateFailure?: TemplateFailure } {
  const chosen = template === undefined ? undefined : own(templates, template);
  const { content, failure } = chosen?.render(event) ?? { content: defaultContent(event) };
  return {
    content: usableContent(content, event),
    ...(failure && { templateFailure: failure }),
  };
}

/**
 * Content that a message can have, made of what a template or a source gave: too long a text is cut, and one that shows
 * nothing is replaced by the title of the event. An event is not refused for the way in which it is shown.
 */
export function usableContent({ native, ...content }: Content, event: SourceEvent): Content {
  return { ...usableText(content, event), ...(native && { native }) };
}

const LONGEST_TITLE = 1_000;

function usableText(content: Content, { title }: SourceEvent): Content {
  const shown = { ...content, title: content.title && shortenText(content.title, LONGEST_TITLE) };
  if (isUsable(shown)) return shown;
  const kept = cutText(shown.text);
  if (isUsable({ ...shown, text: kept })) return { ...shown, text: kept + MORE };
  const severity = content.severity && { severity: content.severity };
  const titled = { ...severity, text: plainAsMarkdown(shortenText(title, LONGEST_TITLE)) };
  return isUsable(titled) ? titled : { ...severity, text: 'An event without a title' };
}

const MORE = '\n\n…';

/** As much of it as a message can have, with room for the mark where that isn't all. */
function cutText(text: string): string {
  const fits = (tried: string): boolean => contentSchema.shape.text.safeParse(tried).success;
  let kept = text;
  // Each round leaves out a quarter, so a text of any length fits after some.
  while (kept.length > 1 && !fits(kept === text ? kept : kept + MORE)) {
    kept = kept.slice(0, cutPoint(kept, Math.floor(kept.length * 0.75)));
  }
  return kept;
}

/** As it is sent, that is without what only terminals understand. */
function isUsable(content: Content): boolean {
  const { success, data } = contentSchema.safeParse(readableContent(content));
  return success && !isOnlyMarkup(data.text);
}

import type { SourceEvent } from '../domain/event.js';
import type { Content } from '../domain/message.js';
import { plainAsMarkdown } from '../lib/plainAsMarkdown.js';

/** How an event is shown where no template says something else. */
export function defaultContent({ native, severity, text, title }: SourceEvent): Content {
  return {
    title,
    text: text.trim() === '' ? plainAsMarkdown(title) : text,
    ...(severity && { severity }),
    ...(native && { native }),
  };
}

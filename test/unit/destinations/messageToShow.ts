import type { Show } from '../../../src/destinations/destination.js';
import type { Content, Correlation } from '../../../src/domain/message.js';
import { messagePage } from '../../../src/domain/messagePage.js';

export function messageToShow(
  content: Content,
  correlation?: Correlation,
  changes: Partial<Show> = {},
): Show {
  const page = messagePage('pagerduty-55', 'https://sendproof.example');
  return { content, correlation, page, inParts: 'as configured', ...changes };
}

import type { RoutedMessage } from '../acceptance/routedMessage.js';
import type { ReceptionContext } from './apiContext.js';

/** Counts and logs what templates could not show. The messages have been accepted, with the default content. */
export function reportTemplateFailures(
  { log, metrics }: Pick<ReceptionContext, 'log' | 'metrics'>,
  messages: readonly RoutedMessage[],
): void {
  for (const { deduplicationKey, duplicate, route, templateFailure } of messages) {
    if (templateFailure === undefined || duplicate) continue;
    metrics.templateFailures.inc({ route: route ?? '', reason: templateFailure });
    log.warn(
      { deduplicationKey, route, reason: templateFailure },
      'A template could not show an event, which has the default content',
    );
  }
}

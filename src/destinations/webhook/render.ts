/** A message as JSON for any receiver, in the form that the Standard Webhooks specification recommends. */
import type { Post } from '../destination.js';

/** What a receiver gets. The same for every attempt, but for a link that is signed. */
export interface WebhookMessage {
  type: 'message';
  data: {
    /** Of the message. */
    deduplicationKey: string;
    /** Of this delivery: also the request's `webhook-id`. */
    deliveryId: string;
    traceId: string;
    content: { text: string; title?: string | undefined; severity?: string | undefined };
    correlation?: Post['correlation'];
    /** Where people read the message, if that is configured. */
    page?: string | undefined;
    /** The link to that page that posts show in their footer, if that is configured. It may open the page without a session. */
    link?: string | undefined;
  };
}

export function renderForWebhook(post: Post): string {
  const { content, correlation, deliveryId, page, traceId } = post;
  const message: WebhookMessage = {
    type: 'message',
    data: {
      deduplicationKey: page.deduplicationKey,
      deliveryId,
      traceId,
      content: { text: content.text, title: content.title, severity: content.severity },
      correlation,
      page: page.url,
      link: page.link,
    },
  };
  return JSON.stringify(message);
}

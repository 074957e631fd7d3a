/** The page of a message for people who come by the signed link in its post: that page alone, and nothing to decide. */
import type { Request, RequestHandler } from 'express';
import { checkSignedLink, SIGNED_PARAMETER } from '../../links/postLinks.js';
import type { ApiContext } from '../apiContext.js';
import { ANY_TENANT, parseMessageId } from '../findMessage.js';
import { operationOf } from '../operation.js';
import { answeredWith, notedForAudit } from '../requestAudit.js';
import { ForeignLinkPage } from './plainPages.js';
import { show, showReadOnly } from './show.js';

/**
 * Lets a request with a valid link go on to the page, past the session, and answers one with any other link. Requests without
 * a link go on to the session. It looks nothing up of a link that isn't valid.
 *
 * @param showMessage shows the page
 */
export function bySignedLink(
  context: ApiContext,
  showMessage: RequestHandler<{ key: string }>,
): RequestHandler<{ key: string }> {
  return async (request, response, next) => {
    // As it came: what is malformed or repeated is no link of ours.
    const [signed, ...others] = new URL(request.url, 'http://localhost').searchParams.getAll(
      SIGNED_PARAMETER,
    );
    if (signed === undefined) {
      next();
      return;
    }
    showReadOnly(response);
    // The address opens the page to whoever has it: nothing that the page leads to may learn it.
    response.set({ 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' });
    const deduplicationKey = parseMessageId(ANY_TENANT, request.params.key);
    const check =
      others.length > 0
        ? 'foreign'
        : checkSignedLink(deduplicationKey, signed, context.configuration.postLinks);
    if (check === 'valid') {
      await showMessage(request, response, next);
      return;
    }
    if (check !== 'expired') {
      const { operation } = operationOf(request as Request, response);
      answeredWith(response, { operation, problem: 'not_allowed' });
      notedForAudit(response, { reason: 'the signed link is not valid' });
    }
    response.status(check === 'expired' ? 410 : 403);
    show(response, <ForeignLinkPage {...{ deduplicationKey, isExpired: check === 'expired' }} />);
  };
}

/**
 * The link in the footer of a post to the page of its message. A signed one shows that page to whoever has it, until it expires:
 * https://www.rfc-editor.org/rfc/rfc2104 over the key and the time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { messagePage, type MessagePage } from '../domain/messagePage.js';
import { ConfigurationError } from '../lib/configurationError.js';
import type { Secret } from '../lib/secret.js';
import { revealed } from '../lib/secrets.js';

/** Which link posts have in their footer. */
export type PostLinks =
  | { kind: 'off' }
  /** To the page as it is, which asks for a session. */
  | { kind: 'page' }
  | {
      kind: 'signed';
      /** The newest first: it signs. Links that any of them has signed are accepted. */
      secrets: Secret[];
      validForMs: number;
    };

/** The query parameter of a signed link: the time of its end in seconds since 1970, a dot, and the signature in base64url. */
export const SIGNED_PARAMETER = 'signed';

const HOUR_MS = 3_600_000;

/**
 * The page of a message with the link to it that a post shows. Without a secret that can be read the post has no link: the
 * message is worth more.
 *
 * @param publicUrl how people reach the API, without a slash at its end
 * @param onFault is called with the reason why a link that is configured can't be made
 */
export function linkedPage(
  deduplicationKey: string,
  publicUrl: string | undefined,
  links: PostLinks,
  {
    now = Date.now(),
    onFault,
  }: { now?: number; onFault?: (fault: ConfigurationError) => void } = {},
): MessagePage {
  const page = messagePage(deduplicationKey, publicUrl);
  const { url } = page;
  if (url === undefined || links.kind === 'off') return page;
  if (links.kind === 'page') return { ...page, link: url, footer: url };
  try {
    const [newest = ''] = revealed(links.secrets);
    const until = endOf(now, links.validForMs);
    const signature = signatureOf(newest, deduplicationKey, until);
    const link = `${url}?${SIGNED_PARAMETER}=${until}.${signature}`;
    return { ...page, link, footer: link };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    onFault?.(error);
    return page;
  }
}

/** `foreign`: the link was changed, or signed with a secret that is no longer in use. */
export type LinkCheck = 'valid' | 'expired' | 'foreign';

/**
 * Whether a signed link is one of ours for this message. Every other text than the one that was signed is refused, also where
 * it would decode to the same bytes.
 *
 * @param signed the value of the link's parameter
 */
export function checkSignedLink(
  deduplicationKey: string,
  signed: string,
  links: PostLinks,
  now = Date.now(),
): LinkCheck {
  if (links.kind !== 'signed') return 'foreign';
  const [, until = '', given = ''] = /^(\d{1,12})\.([\w-]{43})$/.exec(signed) ?? [];
  if (given === '') return 'foreign';
  let isOurs = false;
  // Each is compared, so that the time doesn't reveal which one has signed.
  for (const secret of readable(links.secrets)) {
    isOurs = isEqual(given, signatureOf(secret, deduplicationKey, until)) || isOurs;
  }
  if (!isOurs) return 'foreign';
  return Number(until) * 1_000 > now ? 'valid' : 'expired';
}

function readable(secrets: readonly Secret[]): string[] {
  try {
    return revealed(secrets);
  } catch (error) {
    if (error instanceof ConfigurationError) return [];
    throw error;
  }
}

/** In seconds. Of a link for a day or more a whole hour, so that the attempts of a delivery mostly show the same link. */
function endOf(now: number, validForMs: number): string {
  const precisionMs = validForMs >= 24 * HOUR_MS ? HOUR_MS : 1_000;
  return String((Math.ceil((now + validForMs) / precisionMs) * precisionMs) / 1_000);
}

/** The time has digits only, so no key and time are signed as another key and time are. */
function signatureOf(secret: string, deduplicationKey: string, until: string): string {
  return createHmac('sha256', secret)
    .update(`sendproof page until ${until} of ${deduplicationKey}`)
    .digest('base64url');
}

/** Of two texts of ASCII and equal length. */
function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

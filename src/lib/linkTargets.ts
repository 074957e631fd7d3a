/**
 * Which addresses may become links. One list for every rendering: posts, cards, buttons, pages. Others are shown as text,
 * since opening them starts a program or reads a file on the reader's machine (`ms-msdt:`, `smb:`, `file:`), or runs code
 * (`javascript:`, `data:`), or depends on the page that shows them (`//host`, `/path`).
 */

/** `tel:` is for on-call numbers: a client asks before it dials. */
const WITH_HOST = /^https?:\/\/[^/?#\\]/i;
const WITHOUT_HOST = /^(?:mailto|tel):[^/\\]/i;

/** What browsers drop or change before they read an address, so that another one would be opened than was checked. */
const CHANGED_BY_BROWSERS = /[\p{Cc}\p{Z}\\]/u;

/** Whether a link may lead to this address, which must be absolute. */
export function mayLinkTo(address: string): boolean {
  if (CHANGED_BY_BROWSERS.test(address) || !URL.canParse(address)) return false;
  return WITH_HOST.test(address) || WITHOUT_HOST.test(address);
}

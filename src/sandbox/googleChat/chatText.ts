/** Google Chat's text as its clients show it: https://developers.google.com/workspace/chat/format-messages */
import { plain, readMarkedText, type ShownLine, type ShownRun } from '../markedText.js';

export function readChatText(text: string): ShownLine[] {
  return readMarkedText(text, {
    quote: /^> ?(.*)$/,
    bullet: /^\s*[*-]\s+/,
    unit: /`([^`\n]+)`|<((?:[a-z][a-z0-9+.-]*:|users\/|customEmojis\/)[^<>|]*)(?:\|([^<>]*))?>|[\s\S]/giu,
    reference,
    unescape: (each) => each,
  });
}

function reference(target: string, label: string | undefined): ShownRun {
  if (target.startsWith('users/')) return { ...plain(`@${target}`, []), mention: true };
  return { ...plain(label ?? target, []), url: target };
}

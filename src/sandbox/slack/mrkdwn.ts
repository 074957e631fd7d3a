/** Slack's mrkdwn as Slack's clients show it: https://docs.slack.dev/messaging/formatting-message-text */
import {
  plain,
  readMarkedText,
  type Dialect,
  type ShownLine,
  type ShownRun,
} from '../markedText.js';

export function readMrkdwn(text: string): ShownLine[] {
  return readMarkedText(text, SLACK);
}

const SLACK: Dialect = {
  quote: /^(?:&gt;|>) ?(.*)$/,
  unit: /`([^`\n]+)`|<([^<>|]+)(?:\|([^<>]*))?>|&(?:amp|lt|gt);|[\s\S]/gu,
  reference,
  unescape,
  emoji: /(?<![A-Za-z0-9]):([a-z0-9_+'-]*[a-z+-][a-z0-9_+'-]*):(?![A-Za-z0-9])/g,
};

function reference(target: string, label: string | undefined): ShownRun {
  const kind = target[0] ?? '';
  if ('@#!'.includes(kind)) {
    const name = label ?? (kind === '!' ? `@${target.slice(1)}` : target);
    return { ...plain(unescape(name), []), mention: true };
  }
  return { ...plain(unescape(label ?? target), []), url: unescape(target) };
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

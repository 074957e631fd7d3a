/** How a severity is rendered: a word, and a sign of a distinct shape, so that neither depends on colour. */
import type { Content } from '../domain/message.js';

const SEVERITIES = {
  critical: { sign: '🚨', word: 'Critical' },
  error: { sign: '❌', word: 'Error' },
  warning: { sign: '⚠️', word: 'Warning' },
  info: { sign: 'ℹ️', word: 'Info' },
  ok: { sign: '✅', word: 'OK' },
} as const satisfies Record<NonNullable<Content['severity']>, { sign: string; word: string }>;

/** The post's heading, as `🚨 Critical: Disk full`; undefined where the content has neither severity nor title. */
export function heading({ severity, title }: Content): string | undefined {
  if (severity === undefined) return title;
  const { sign, word } = SEVERITIES[severity];
  return title === undefined ? `${sign} ${word}` : `${sign} ${word}: ${title}`;
}

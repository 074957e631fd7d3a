/** How a severity is shown: a word, and a sign whose shape differs too, so that neither depends on seeing colours. */
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

import type { EventState } from '../../domain/event.js';
import type { Severity } from '../../domain/message.js';

/** What one kind of event is about. */
export interface Subject {
  /** As `pull request #5 opened`: what follows the repository in the title. */
  what: string;
  /** The name of the issue, the run, the commit. */
  name?: string | undefined;
  state?: EventState | undefined;
  rank?: number | undefined;
  severity?: Severity | undefined;
  /** Within the repository, as `#5`. */
  reference?: string | undefined;
  /** Within the repository. */
  conversation?: string | undefined;
  url?: unknown;
  /** Markdown. */
  text?: string | undefined;
  occurredAt?: unknown;
}

/** `ready_for_review` as people say it. */
export function words(identifier: string | undefined): string {
  return (identifier ?? '').replaceAll('_', ' ');
}

import type { z } from 'zod';
import type { Acceptance } from '../domain/acceptance.js';
import { explainDuplicate } from '../explanation/duplicate.js';
import { Problem } from './problem.js';
import type { acceptanceSchema } from './schema/acceptanceRepresentation.js';
import { messageLinks } from './schema/paths.js';

export type AcceptanceBody = z.infer<typeof acceptanceSchema>;

/** What the API answers to a message whose key was used for other content. */
export function keyReused({ differences }: { differences: readonly string[] }): Problem {
  return new Problem(
    'deduplication_key_reused',
    'The key belongs to a message that differs in the fields listed. Nothing was sent: use a new key for new content (a key should include the state, as alert-55-resolved).',
    {
      errors: differences.map((field) => ({
        field,
        detail: 'differs from what the key was first used for',
      })),
    },
  );
}

/** What the API answers to a message that was sent. Throws a Problem where its key was used for other content. */
export function acceptanceBody(
  acceptance: Acceptance,
  deduplicationKey: string,
  basePath: string,
): AcceptanceBody {
  const links = messageLinks(deduplicationKey, basePath);
  switch (acceptance.outcome) {
    case 'accepted': {
      const { traceId } = acceptance;
      return { deduplicationKey, status: 'accepted', duplicate: false, traceId, links };
    }
    case 'duplicate':
      return {
        deduplicationKey,
        status: acceptance.status,
        duplicate: true,
        traceId: acceptance.traceId,
        ...(acceptance.ignored.length > 0 && { ignored: acceptance.ignored }),
        explanation: explainDuplicate(acceptance, new Date()),
        links,
      };
    case 'key_reused':
      throw keyReused(acceptance);
  }
}

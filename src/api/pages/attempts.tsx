/** The attempts of a delivery, one in each row: what an on-call engineer compares with a platform's log. */
import type { Attempt } from '../../domain/delivery.js';
import { formatDuration } from '../../lib/formatDuration.js';
import { Table, Time } from './parts.js';

const LOOKUPS: Record<NonNullable<Attempt['lookup']>, string> = {
  found: 'found the earlier post',
  absent: 'found no earlier post',
  refused: 'not possible',
  repeated: 'not needed: a repeated request posts once',
};

const OUTCOMES: Record<Attempt['outcome'], string> = {
  delivered: 'delivered',
  transient: 'failed, may be repeated',
  permanent: 'failed for good',
  ambiguous: 'unknown whether posted',
};

/** @param label of the destination */
export function Attempts({ attempts, label }: { attempts: readonly Attempt[]; label: string }) {
  if (attempts.length === 0) return null;
  return (
    <Table
      caption={`Attempts at ${label}`}
      rows={attempts}
      columns={[
        { name: 'Attempt', isHeading: true, cell: numberOf },
        {
          name: 'Time',
          cell: ({ startedAt }) =>
            startedAt === undefined ? 'not known' : <Time at={startedAt} />,
        },
        {
          name: 'Took',
          cell: ({ durationMs }) => (durationMs === undefined ? '–' : formatDuration(durationMs)),
        },
        { name: 'Outcome', cell: ({ outcome }) => OUTCOMES[outcome] },
        { name: 'HTTP', cell: ({ httpStatus }) => httpStatus ?? '–' },
        { name: 'Code', cell: codeOf },
        { name: 'Then waited', cell: waitOf },
        { name: 'Look-up', cell: ({ lookup }) => (lookup === undefined ? '–' : LOOKUPS[lookup]) },
      ]}
    />
  );
}

function numberOf({ as, number, part }: Attempt): string {
  const kind = as === undefined ? '' : ` (${as})`;
  return part === undefined
    ? `${number}${kind}`
    : `${number}${kind}, part ${part.number} of ${part.of}`;
}

/** The platform's own code where it has one, else the reason that stands for it. */
function codeOf({ platformCode, reason }: Attempt): string {
  return platformCode ?? reason?.replaceAll('_', ' ') ?? '–';
}

function waitOf({ nextAttemptInMs, retryAfterMs }: Attempt): string {
  if (nextAttemptInMs === undefined) return '–';
  const wait = formatDuration(nextAttemptInMs);
  return retryAfterMs === undefined
    ? wait
    : `${wait} (Retry-After: ${formatDuration(retryAfterMs)})`;
}

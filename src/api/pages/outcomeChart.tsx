/** Messages by outcome: a table whose bars are drawn on the server, so that neither scripts nor eyes are needed to read it. */
import { OUTCOMES, type Outcome, type OutcomeCounts } from '../../store/overview/dayOutcomes.js';
import type { MessageStatus } from '../../domain/delivery.js';
import { useAddresses } from './addresses.js';
import { Figure } from './parts.js';

const NAMES: Record<Outcome, string> = {
  confirmed: 'Confirmed',
  under_way: 'Under way',
  dead_lettered: 'Needs a decision',
  discarded: 'Discarded',
  expired: 'Expired',
  cancelled: 'Cancelled',
  not_posted: 'Not posted, as configured',
};

/** The status by which the list shows them; several statuses have no list. */
const STATUSES: Partial<Record<Outcome, MessageStatus>> = {
  confirmed: 'confirmed',
  under_way: 'delivering',
  dead_lettered: 'dead_lettered',
  discarded: 'discarded',
  expired: 'expired',
  cancelled: 'cancelled',
};

/** These are shown also where there are none: that is what people look for. */
const ALWAYS: ReadonlySet<Outcome> = new Set(['confirmed', 'under_way', 'dead_lettered']);

/** A bar of one message among thousands can be seen. In hundredths of the longest bar. */
const SHORTEST_BAR = 0.6;

/** @param since ISO 8601: of messages that were accepted at this time or later */
export function OutcomeChart({ counts, since }: { counts: OutcomeCounts; since: string }) {
  const largest = Math.max(1, ...OUTCOMES.map((outcome) => counts[outcome]));
  const shown = OUTCOMES.filter((outcome) => counts[outcome] > 0 || ALWAYS.has(outcome));
  return (
    <table class="chart">
      <caption class="unseen">Messages of the last 24 hours by outcome</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="unseen">Outcome</span>
          </th>
          <th scope="col">
            <span class="unseen">Messages</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.map((outcome) => (
          <tr>
            <th scope="row">
              <OutcomeLink outcome={outcome} since={since} />
            </th>
            <td>
              <span class="bar">
                <Bar outcome={outcome} share={counts[outcome] / largest} />
                <span class="figure">
                  <Figure value={counts[outcome]} />
                </span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function OutcomeLink({ outcome, since }: { outcome: Outcome; since: string }) {
  const { at } = useAddresses();
  const status = STATUSES[outcome];
  if (status === undefined) return <>{NAMES[outcome]}</>;
  const query = new URLSearchParams({ tab: 'all', status, since }).toString();
  return <a href={at(`/messages?${query}`)}>{NAMES[outcome]}</a>;
}

/** The count beside it says the same. */
function Bar({ outcome, share }: { outcome: Outcome; share: number }) {
  const width = share === 0 ? 0 : Math.max(SHORTEST_BAR, Math.round(share * 1_000) / 10);
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class={outcome} width={width} height="10" />
    </svg>
  );
}

/** What a person can do about a message: decide on its dead letters, cancel it, or give it another time. */
import { deliveryStatus, labelIn, type MessageState } from '../../domain/messageState.js';
import { shellCommand } from '../../lib/shellCommand.js';
import { useAddresses } from './addresses.js';
import { CopyButton, DecidersName, DecisionForms, DecisionReason } from './parts.js';
import { useViewer } from './viewer.js';

export function MessageActions({ now, state }: { state: MessageState; now: Date }) {
  const { closedAt, deduplicationKey } = state;
  const command = shellCommand('sendproof timeline', [deduplicationKey]);
  return (
    <>
      {closedAt === undefined ? (
        <OpenActions state={state} now={now} />
      ) : (
        <p>Nothing: the message has ended.</p>
      )}
      <p class="soft">
        On the command line: <code>{command}</code> <CopyButton text={command} what="the command" />
      </p>
    </>
  );
}

function OpenActions({ now, state }: { state: MessageState; now: Date }) {
  const { deadLetters } = state;
  return (
    <>
      {deadLetters.length > 0 && <Decide state={state} />}
      {isScheduled(state, now) && <Reschedule state={state} />}
      <Cancel state={state} />
    </>
  );
}

function Decide({ state }: { state: MessageState }) {
  const { deadLetters, deduplicationKey } = state;
  return (
    <div class="card">
      <h3>Needs a decision</h3>
      {deadLetters.length === 1 ? (
        <DecisionForms deduplicationKey={deduplicationKey} />
      ) : (
        deadLetters.map(({ destination }) => (
          <div>
            <h4>{labelIn(state, destination)}</h4>
            <DecisionForms deduplicationKey={deduplicationKey} destination={destination} />
          </div>
        ))
      )}
    </div>
  );
}

/** Only what has not begun can have another time. */
function isScheduled({ deliverAt, deliveries }: MessageState, now: Date): boolean {
  return (
    deliverAt !== undefined &&
    Date.parse(deliverAt) > now.getTime() &&
    deliveries.every((each) => ['accepted', 'standby'].includes(deliveryStatus(each)))
  );
}

/** As the field of a browser takes it: in UTC, to the minute. */
const inUtcField = (at: string): string => new Date(at).toISOString().slice(0, 16);

function Reschedule({ state: { deduplicationKey, deliverAt = '' } }: { state: MessageState }) {
  const page = useAddresses().ofMessage(deduplicationKey);
  const { mayDecide } = useViewer();
  if (!mayDecide) return null;
  return (
    <details class="card">
      <summary>Post it at another time …</summary>
      <form method="post" action={`${page}/reschedule`} aria-label="Post it at another time">
        <label>
          New time, in UTC
          <input type="datetime-local" name="at" value={inUtcField(deliverAt)} required />
        </label>
        <DecidersName />
        <DecisionReason label="Why" />
        <button name="when" value="at">
          Reschedule
        </button>{' '}
        <button name="when" value="now" class="plain" formNoValidate>
          Post it now
        </button>
      </form>
    </details>
  );
}

function Cancel({ state: { deduplicationKey } }: { state: MessageState }) {
  const page = useAddresses().ofMessage(deduplicationKey);
  const { mayDecide } = useViewer();
  if (!mayDecide) return null;
  return (
    <details class="card">
      <summary>Cancel what is not posted yet …</summary>
      <form method="post" action={`${page}/cancel`} aria-label="Cancel what is not posted yet">
        <p>
          An attempt that is in progress ends with the platform’s answer. What is posted stays
          posted.
        </p>
        <DecidersName />
        <DecisionReason label="Why it is not needed" />
        <button class="danger">Cancel the message</button>
      </form>
    </details>
  );
}

/** One batch: how far it is, and what of it was refused. */
import type { BatchBody, BatchMessageBody } from '../batchBody.js';
import { useAddresses } from './addresses.js';
import { DecidersName, DecisionReason, Page, Time } from './parts.js';

const OPEN_REFRESH_MS = 2_000;

/** @param batch with the results of refused messages */
export function BatchPage({ batch, signedIn }: { batch: BatchBody; signedIn: boolean }) {
  const { acceptedAt, closedAt, counts, explanation, id, results = [], total, traceId } = batch;
  const { at } = useAddresses();
  const started = total - counts.queued - counts.cancelled;
  return (
    <Page
      title={id}
      signedIn={signedIn}
      refreshMs={closedAt === undefined ? OPEN_REFRESH_MS : undefined}
    >
      <h1 class="key">{id}</h1>
      <section id="progress" class="why" aria-live="polite" data-live>
        <p class="explanation">{explanation}</p>
        <p>
          <progress aria-label="Messages that were started or refused" max={total} value={started}>
            {`${started} of ${total}`}
          </progress>{' '}
          {`${started} of ${total}`}
        </p>
        <dl>
          <Count name="Accepted" count={counts.accepted} />
          <Count name="Duplicates" count={counts.duplicate} />
          <Count name="Refused" count={counts.refused} />
          <Count name="Queued" count={counts.queued} />
          <Count name="Never started" count={counts.cancelled} />
        </dl>
        <p class="soft">
          Sent <Time at={acceptedAt} />
          {closedAt !== undefined && (
            <>
              {' · ended '}
              <Time at={closedAt} />
            </>
          )}
        </p>
      </section>
      <p class="links">
        <a href={at(`/messages?${new URLSearchParams({ traceId }).toString()}`)}>
          The messages of this batch
        </a>
      </p>
      <section id="cancel" data-live>
        {closedAt === undefined && <CancelForm batch={batch} />}
      </section>
      <section id="refused" data-live aria-labelledby="refused-title">
        <h2 id="refused-title">Refused</h2>
        {results.length === 0 ? (
          <p>No message was refused.</p>
        ) : (
          <ul class="cards">
            {results.map((result) => (
              <Refused result={result} />
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}

/** Opened first, so that no click by mistake cancels. */
function CancelForm({ batch: { counts, id } }: { batch: BatchBody }) {
  const { ofBatch } = useAddresses();
  return (
    <div class="decisions">
      <details>
        <summary>Cancel the rest …</summary>
        <form method="post" action={`${ofBatch(id)}/cancel`}>
          <p>
            {`No more messages are started: ${counts.queued} are queued now. Up to 50 that are being started are still started. Messages that were started are cancelled one by one.`}
          </p>
          <DecidersName />
          <DecisionReason label="Why it is not needed" />
          <button class="danger">Cancel the batch</button>
        </form>
      </details>
    </div>
  );
}

function Count({ count, name }: { count: number; name: string }) {
  if (count === 0) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{count}</dd>
    </div>
  );
}

function Refused({ result: { deduplicationKey, problem } }: { result: BatchMessageBody }) {
  return (
    <li class="card">
      <h3 class="place">{deduplicationKey ?? 'A message without a usable key'}</h3>
      <p>{problem?.title}</p>
      <ul class="outcomes">
        {problem?.errors?.map(({ detail, field }) => (
          <li>
            <strong>{field}</strong> {detail}
          </li>
        ))}
      </ul>
    </li>
  );
}

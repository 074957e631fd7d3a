import {
  CancellationScope,
  log,
  ParentClosePolicy,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  recipientName,
  type AcknowledgedDelivery,
  type Acknowledgement,
  type AcknowledgementEvent,
  type AcknowledgementPlan,
} from '../../domain/acknowledgement.js';
import type { MessageStatus } from '../../domain/delivery.js';
import { acknowledgementIds } from '../../contract/names.js';
import { traceIdAttribute } from '../../contract/searchAttributes.js';
import type { Workflows } from '../../contract/workflows.js';
import type { Delivery } from '../message/delivery.js';
import type { DeliverMessageInput } from '../../contract/deliverMessage.js';

/** Where the message stands at each event, and how people call it. */
const STATUS: Record<AcknowledgementEvent, { status: MessageStatus; words: string }> = {
  'message.confirmed': { status: 'confirmed', words: 'Confirmed' },
  'message.dead_lettered': { status: 'dead_lettered', words: 'Dead-lettered' },
  'message.expired': { status: 'expired', words: 'Expired' },
  'message.discarded': { status: 'discarded', words: 'Discarded' },
  'message.retried': { status: 'delivering', words: 'Retried' },
};

/** What is particular to one event. */
type EventDetails = Pick<Acknowledgement['data'], 'destination' | 'by' | 'why'>;

/**
 * Tells those who asked for it what becomes of the message, each through a workflow of its own: the message waits for none of
 * them, and none can fail it.
 */
export class Acknowledgements {
  readonly #input: DeliverMessageInput;
  readonly #deliveries: readonly Delivery[];
  readonly #starting = new Set<Promise<void>>();

  constructor(input: DeliverMessageInput, deliveries: readonly Delivery[]) {
    this.#input = input;
    this.#deliveries = deliveries;
  }

  /** A delivery waits for a person. */
  tellParked({ destination }: Delivery): void {
    this.#tell('message.dead_lettered', { destination });
  }

  /** A person has decided; had they discarded, the message's ending tells. */
  tellRetried({ decision, destination }: Delivery): void {
    if (decision?.action !== 'retry') return;
    this.#tell('message.retried', { destination, by: decision.by, why: decision.reason });
  }

  /** No delivery will change any more. */
  tellEnding(): void {
    const discarded = this.#deliveries.find((delivery) => delivery.discarded)?.discarded;
    if (discarded) this.#tell('message.discarded', { by: discarded.by, why: discarded.why });
    else if (this.#deliveries.some(({ expired }) => expired)) this.#tell('message.expired');
    else this.#tell('message.confirmed');
  }

  /** To be awaited before the message's workflow ends: Temporal starts no children of one that has ended. */
  async underWay(): Promise<void> {
    await Promise.all(this.#starting);
  }

  /** Returns at once, with the news on its way. */
  #tell(event: AcknowledgementEvent, details: EventDetails = {}): void {
    for (const plan of this.#input.acknowledgements ?? []) {
      if (!plan.events.includes(event)) continue;
      const starting = start(plan, this.#acknowledgement(event, details)).finally(() =>
        this.#starting.delete(starting),
      );
      this.#starting.add(starting);
    }
  }

  #acknowledgement(event: AcknowledgementEvent, details: EventDetails): Acknowledgement {
    const { correlation, traceId } = this.#input;
    const { status, words } = STATUS[event];
    return {
      type: event,
      timestamp: new Date().toISOString(),
      data: {
        summary: `Delivery Status: ${words}`,
        deduplicationKey: workflowInfo().workflowId,
        status,
        source: correlation?.source,
        reference: correlation?.reference,
        traceId,
        ...details,
        deliveries: this.#deliveries.map(acknowledgedDelivery),
      },
    };
  }
}

/** Never rejects, and is not stopped by the message's cancellation. */
async function start(plan: AcknowledgementPlan, acknowledgement: Acknowledgement): Promise<void> {
  const { workflowId, webhookId } = acknowledgementIds(uuid4());
  await CancellationScope.nonCancellable(async () => {
    try {
      await startChild<Workflows['acknowledgeSource']>('acknowledgeSource', {
        workflowId,
        args: [{ webhookId, plan, acknowledgement }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        typedSearchAttributes: [{ key: traceIdAttribute, value: acknowledgement.data.traceId }],
        staticSummary: `${acknowledgement.type} → ${recipientName(plan.recipient)}`,
      });
    } catch (error) {
      log.warn('The source could not be told', { workflowId, type: acknowledgement.type, error });
    }
  });
}

function acknowledgedDelivery(delivery: Delivery): AcknowledgedDelivery {
  const { begun, deadLetter, destination, discarded, expired, plan, receipt } = delivery;
  if (receipt) return { destination, status: 'confirmed', receipt };
  if (discarded) return { destination, status: 'discarded', reason: discarded.reason };
  if (expired) return { destination, status: 'expired', reason: expired.reason };
  if (deadLetter) return { destination, status: 'dead_lettered', reason: deadLetter.reason };
  const status = plan.fallbackFor === undefined || begun ? 'delivering' : 'standby';
  return { destination, status };
}

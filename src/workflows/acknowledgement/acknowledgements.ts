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
  AcknowledgementUuids,
} from '../../domain/acknowledgement.js';
import type { MessageStatus } from '../../domain/delivery.js';
import { acknowledgementIds } from '../../contract/names.js';
import { summary } from '../../contract/userMetadata.js';
import { traceIdAttribute } from '../../contract/searchAttributes.js';
import type { Workflows } from '../../contract/workflows.js';
import type { Delivery } from '../message/delivery.js';
import { isSuperseded } from '../message/messageFailure.js';
import type { DeliverMessageInput, MessageMemo } from '../../contract/deliverMessage.js';
import { ownForm } from '../../domain/tenant.js';

/** The message's status at each event, and its name in the summary. */
const STATUS: Record<
  Exclude<AcknowledgementEvent, 'message.refused'>,
  { status: MessageStatus; words: string }
> = {
  'message.confirmed': { status: 'confirmed', words: 'Confirmed' },
  'message.dead_lettered': { status: 'dead_lettered', words: 'Dead-lettered' },
  'message.expired': { status: 'expired', words: 'Expired' },
  'message.discarded': { status: 'discarded', words: 'Discarded' },
  'message.superseded': { status: 'superseded', words: 'Superseded' },
  'message.retried': { status: 'delivering', words: 'Retried' },
};

/** The fields that only some events have. */
type EventDetails = Pick<Acknowledgement['data'], 'destination' | 'by' | 'why'>;

/** Starts one `acknowledgeSource` workflow for each event and recipient. None of them can delay or fail the message. */
export class Acknowledgements {
  readonly #input: DeliverMessageInput;
  readonly #deliveries: readonly Delivery[];
  readonly #starting = new Set<Promise<void>>();

  constructor(input: DeliverMessageInput, deliveries: readonly Delivery[]) {
    this.#input = input;
    this.#deliveries = deliveries;
  }

  /** A delivery was parked. */
  acknowledgeDeadLetter({ destination }: Delivery): void {
    this.#acknowledge('message.dead_lettered', { destination });
  }

  /** A person has decided. A discard is acknowledged at the message's end instead. */
  acknowledgeRetry({ destination, stage }: Delivery): void {
    const decision = stage.kind === 'dead_lettered' ? stage.decision : undefined;
    if (decision?.action !== 'retry') return;
    this.#acknowledge('message.retried', { destination, by: decision.by, why: decision.reason });
  }

  /** Every delivery is final. */
  acknowledgeEnd(): void {
    const stages = this.#deliveries.map(({ stage }) => stage);
    const discarded = stages.find((stage) => stage.kind === 'discarded');
    if (discarded) this.#acknowledge('message.discarded', { by: discarded.by, why: discarded.why });
    else if (stages.some(({ kind }) => kind === 'expired')) this.#acknowledge('message.expired');
    else if (isSuperseded(this.#deliveries)) this.#acknowledge('message.superseded');
    else this.#acknowledge('message.confirmed');
  }

  /** Await this before the message's workflow ends: Temporal starts no children of a workflow that has ended. */
  async allStarted(): Promise<void> {
    await Promise.all(this.#starting);
  }

  /** Returns at once; the acknowledgements start in the background. */
  #acknowledge(event: keyof typeof STATUS, details: EventDetails = {}): void {
    const ids = new AcknowledgementUuids(uuid4);
    for (const plan of this.#input.acknowledgements ?? []) {
      if (!plan.events.includes(event)) continue;
      const uuid = ids.next(plan.recipient);
      const starting = start(uuid, plan, this.#acknowledgement(event, plan, details)).finally(() =>
        this.#starting.delete(starting),
      );
      this.#starting.add(starting);
    }
  }

  #acknowledgement(
    event: keyof typeof STATUS,
    { tenant }: AcknowledgementPlan,
    details: EventDetails,
  ): Acknowledgement {
    const { correlation, traceId } = this.#input;
    const { status, words } = STATUS[event];
    return {
      type: event,
      timestamp: new Date().toISOString(),
      data: {
        summary: `Delivery Status: ${words}`,
        deduplicationKey: keyFor(tenant),
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

/** The key of this message as the recipient knows it. */
function keyFor(tenant: string | undefined): string {
  const { memo, workflowId } = workflowInfo();
  if (tenant === undefined) return workflowId;
  const { givenKey } = (memo ?? {}) as Partial<MessageMemo>;
  return givenKey ?? ownForm(tenant, workflowId);
}

/** Never rejects, and is not stopped by the message's cancellation. */
async function start(
  uuid: string,
  plan: AcknowledgementPlan,
  acknowledgement: Acknowledgement,
): Promise<void> {
  const { workflowId, webhookId } = acknowledgementIds(uuid, plan.recipient);
  await CancellationScope.nonCancellable(async () => {
    try {
      await startChild<Workflows['acknowledgeSource']>('acknowledgeSource', {
        workflowId,
        args: [{ webhookId, plan, acknowledgement }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        typedSearchAttributes: [{ key: traceIdAttribute, value: acknowledgement.data.traceId }],
        staticSummary: summary(`${acknowledgement.type} → `, recipientName(plan.recipient)),
      });
    } catch (error) {
      log.warn('The acknowledgement could not be started', {
        workflowId,
        type: acknowledgement.type,
        error,
      });
    }
  });
}

function acknowledgedDelivery({ destination, plan, stage }: Delivery): AcknowledgedDelivery {
  switch (stage.kind) {
    case 'confirmed':
      return { destination, status: 'confirmed', receipt: stage.receipt };
    case 'discarded':
    case 'expired':
      return { destination, status: stage.kind, reason: stage.failure.reason };
    case 'dead_lettered':
      return { destination, status: 'dead_lettered', reason: stage.deadLetter.reason };
    case 'superseded':
      return { destination, status: 'superseded' };
    case 'delivering':
    case 'awaiting_turn':
      return { destination, status: 'delivering' };
    case 'waiting':
    case 'not_needed':
      return {
        destination,
        status: plan.fallbackFor === undefined ? 'delivering' : 'standby',
      };
  }
}

/** Notifies the source of a message that came through a queue and can't be accepted: the API could not say so when it was sent. */
import { createHash } from 'node:crypto';
import { planAcknowledgements, planEvents } from '../acceptance/acknowledgementPlan.js';
import { messageId } from '../acceptance/messageId.js';
import { MessageRefused } from '../acceptance/refusal.js';
import type { ReceptionContext } from '../api/apiContext.js';
import type { Problem } from '../api/problem.js';
import {
  AcknowledgementUuids,
  type Acknowledgement,
  type AcknowledgementPlan,
} from '../domain/acknowledgement.js';
import type { Message } from '../domain/message.js';
import { ownForm } from '../domain/tenant.js';
import { startAcknowledgement } from '../store/startAcknowledgement.js';

/** Resolves when Temporal has the acknowledgements, of which there may be none. @param record its id in the queue */
export async function acknowledgeRefusal(
  { client, configuration }: Pick<ReceptionContext, 'client' | 'configuration'>,
  { message, problem, record, traceId }: Refusal & { record: string },
): Promise<void> {
  const plans = planOf(message, configuration).filter(({ events }) =>
    events.includes('message.refused'),
  );
  const timestamp = new Date().toISOString();
  let drawn = 0;
  const ids = new AcknowledgementUuids(() => uuidOf(`${record} ${drawn++}`));
  for (const plan of plans) {
    const acknowledgement = refusalOf({ message, problem, traceId }, plan, timestamp);
    await startAcknowledgement(client, ids.next(plan.recipient), plan, acknowledgement);
  }
}

interface Refusal {
  message: Message;
  problem: Problem;
  traceId: string;
}

function refusalOf(
  { message, problem, traceId }: Refusal,
  { tenant }: AcknowledgementPlan,
  timestamp: string,
): Acknowledgement {
  const { errors = [], type } = problem;
  return {
    type: 'message.refused',
    timestamp,
    data: {
      summary: 'Delivery Status: Refused',
      deduplicationKey: keyFor(tenant, message),
      status: 'refused',
      source: message.correlation?.source,
      reference: message.correlation?.reference,
      traceId,
      deliveries: [],
      problem: type,
      fields: errors.map(({ field }) => field),
    },
  };
}

/** As the recipient would know the message: one without a tenant is told of those of all tenants, by their whole ids. */
function keyFor(tenant: string | undefined, message: Message): string {
  const { deduplicationKey } = message;
  if (tenant !== undefined) return ownForm(tenant, deduplicationKey);
  return messageId(message.tenant, deduplicationKey);
}

/** Without callback and note where the callback itself is what is wrong. */
function planOf(
  message: Message,
  configuration: ReceptionContext['configuration'],
): AcknowledgementPlan[] {
  try {
    return planAcknowledgements(message, configuration) ?? [];
  } catch (error) {
    if (error instanceof MessageRefused) return planEvents(configuration, message.tenant);
    throw error;
  }
}

/** In the form of a UUID, the same for the same text. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}

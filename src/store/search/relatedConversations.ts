/**
 * The conversations of messages that have a reference. Sources name it in some of the messages of a conversation only, as
 * PagerDuty does: its notes have the id of their incident, but not the number that people know.
 */
import type { Client } from '@temporalio/client';
import type { MessageSummary } from '../../domain/messageState.js';
import { summarise } from '../messageExecution.js';
import { searchableText } from '../searchValues.js';
import { decodedExecution } from './decodedExecution.js';
import { hasReference, referenceClause } from './freeText.js';
import { quote, tenantClause } from './visibilityText.js';
import { isVisibleTo } from '../../domain/tenant.js';

export interface RelatedConversations {
  /** Their keys. */
  related: readonly string[];
}

/** What a search knows of the reference. `q`: in a person's words. */
interface ReferenceFilter {
  tenant: string | undefined;
  source?: string | undefined;
  reference?: string | undefined;
  q?: string | undefined;
}

/** As many messages as are read to find them. */
const SAMPLE_SIZE = 200;

/** People look for one incident. A query for more conversations would be too long. */
const MOST_CONVERSATIONS = 20;

/** Whether nothing but a reference is sought, so that what is found are all messages that have it. */
export function isReferenceAlone(filter: ReferenceFilter): boolean {
  // A tenant has its own messages only, wherever they are looked for.
  const criteria = Object.entries(filter).flatMap(([name, value]) =>
    value === undefined || name === 'tenant' ? [] : [name],
  );
  return ['q', 'reference', 'reference source'].includes(criteria.sort().join(' '));
}

/** Empty where no reference is sought. */
export async function relatedConversations(
  client: Client,
  filter: ReferenceFilter,
): Promise<string[]> {
  const { q, reference, source, tenant } = filter;
  if (q === undefined && reference === undefined) return [];
  const clauses = ['WorkflowType = "deliverMessage"', 'Conversation IS NOT NULL'];
  if (tenant !== undefined) clauses.push(tenantClause(tenant));
  if (reference) clauses.push(`SourceReference = ${quote(searchableText(reference))}`);
  if (reference && source) clauses.push(`Source = ${quote(searchableText(source))}`);
  if (q) clauses.push(referenceClause(q));
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: clauses.join(' AND '),
    pageSize: SAMPLE_SIZE,
  });
  const messages = await Promise.all(
    executions.map(async (raw) => summarise(await decodedExecution(client, raw))),
  );
  return conversationsWith(filter, messages);
}

/** The conversations of those of these messages that have the reference. */
export function conversationsWith(
  { q, reference, tenant }: ReferenceFilter,
  messages: readonly MessageSummary[],
): string[] {
  const isMeant = (message: MessageSummary): boolean =>
    isVisibleTo(tenant, message.deduplicationKey) &&
    (q === undefined || hasReference(q, message)) &&
    (reference === undefined || message.reference === reference);
  const keys = messages.filter(isMeant).flatMap(({ conversation }) => conversation?.key ?? []);
  return [...new Set(keys)].slice(0, MOST_CONVERSATIONS);
}

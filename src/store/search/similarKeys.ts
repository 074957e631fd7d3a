import type { Client } from '@temporalio/client';
import { freeTextClause } from './freeText.js';
import { soughtIdBeginning } from '../searchValues.js';
import { mostSimilar } from './mostSimilar.js';
import { startsWith, tenantClause } from './visibilityText.js';
import { idInTenant, isVisibleTo, ownForm } from '../../domain/tenant.js';

const MOST = 5;
/** Of these the most similar are taken. */
const CANDIDATES = 200;
const SHORTEST_BEGINNING = 3;

/**
 * Keys of messages that somebody may have meant who asked for this one: those with a common beginning, and those whose
 * source and reference are in it, as `pagerduty` and `55` in `pagerduty-55-resolved`. The most similar first (`mostSimilar`), at most five.
 */
export async function findSimilarKeys(
  client: Client,
  deduplicationKey: string,
  tenant: string | undefined,
): Promise<string[]> {
  const half = deduplicationKey.slice(0, Math.max(SHORTEST_BEGINNING, deduplicationKey.length / 2));
  const words = deduplicationKey.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const beginning = soughtIdBeginning(idInTenant(tenant, half));
  const found = (clause: string) => keys(client, clause, tenant);
  const [alike, correlated] = await Promise.all([
    beginning === undefined ? [] : found(startsWith('WorkflowId', beginning)),
    words.length < 2 ? [] : found(freeTextClause(words.join(' '), tenant)),
  ]);
  const similar = mostSimilar(deduplicationKey, alike);
  return [...new Set([...similar, ...correlated])].slice(0, MOST);
}

/** In the tenant's own form. */
async function keys(client: Client, clause: string, tenant: string | undefined): Promise<string[]> {
  const clauses = ['WorkflowType = "deliverMessage"', clause];
  if (tenant !== undefined) clauses.push(tenantClause(tenant));
  const { executions } = await client.workflowService.listWorkflowExecutions({
    namespace: client.workflow.options.namespace,
    query: clauses.join(' AND '),
    pageSize: CANDIDATES,
  });
  const ids = executions.map(({ execution }) => execution?.workflowId ?? '');
  return ids.filter((id) => isVisibleTo(tenant, id)).map((id) => ownForm(tenant, id));
}

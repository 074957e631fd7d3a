/** Calls to Temporal's visibility: searches, lists and counts. Temporal has a limit for them alone, by the second. */

/** @param method as `listWorkflowExecutions`, or the path of its gRPC method */
export function isSearch(method: string): boolean {
  return /(?:^|\/)(?:list|scan|count)WorkflowExecutions$/i.test(method);
}

/**
 * The payload that a webhook of Datadog is set to send. Its names are Datadog's variables; documented for users in
 * docs/how-to/connect/sources.md, and the base of the samples.
 */
export const PAYLOAD = {
  id: '$ID',
  event_type: '$EVENT_TYPE',
  event_title: '$EVENT_TITLE',
  text: '$TEXT_ONLY_MSG',
  date: '$DATE',
  last_updated: '$LAST_UPDATED',
  link: '$LINK',
  snapshot: '$SNAPSHOT',
  tags: '$TAGS',
  hostname: '$HOSTNAME',
  org_name: '$ORG_NAME',
  alert_id: '$ALERT_ID',
  alert_cycle_key: '$ALERT_CYCLE_KEY',
  aggreg_key: '$AGGREG_KEY',
  alert_transition: '$ALERT_TRANSITION',
  alert_type: '$ALERT_TYPE',
  alert_title: '$ALERT_TITLE',
  alert_status: '$ALERT_STATUS',
  alert_priority: '$ALERT_PRIORITY',
  alert_metric: '$ALERT_METRIC',
  alert_scope: '$ALERT_SCOPE',
  alert_query: '$ALERT_QUERY',
};

export type Field = keyof typeof PAYLOAD;

/** The kinds of sources. A new one is a folder beside this file and a line here. */
import { alertmanager } from './alertmanager/source.js';
import { azureMonitor } from './azure-monitor/source.js';
import { cloudevents } from './cloudevents/source.js';
import { datadog } from './datadog/source.js';
import { generic } from './generic/source.js';
import { github } from './github/source.js';
import { grafana } from './grafana/source.js';
import { pagerduty } from './pagerduty/source.js';
import { slackWebhook } from './slack-webhook/source.js';
import { sentry } from './sentry/source.js';
import { sns } from './sns/source.js';
import { teamsWebhook } from './teams-webhook/source.js';
import type { SourceType } from './source.js';

export const SOURCE_TYPES: readonly SourceType[] = [
  alertmanager,
  azureMonitor,
  cloudevents,
  datadog,
  generic,
  github,
  grafana,
  pagerduty,
  slackWebhook,
  sentry,
  sns,
  teamsWebhook,
];

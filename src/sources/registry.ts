/** The kinds of sources. A new one is a folder beside this file and a line here. */
import { azureMonitor } from './azure-monitor/source.js';
import { cloudevents } from './cloudevents/source.js';
import { github } from './github/source.js';
import { pagerduty } from './pagerduty/source.js';
import { slackWebhook } from './slack-webhook/source.js';
import { sns } from './sns/source.js';
import { teamsWebhook } from './teams-webhook/source.js';
import type { SourceType } from './source.js';

export const SOURCE_TYPES: readonly SourceType[] = [
  azureMonitor,
  cloudevents,
  github,
  pagerduty,
  slackWebhook,
  sns,
  teamsWebhook,
];

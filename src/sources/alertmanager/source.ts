/** Prometheus's Alertmanager, version 4 of its webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
import { z } from 'zod';
import { groupEvent } from '../alertGroup/groupEvent.js';
import { identityOf, readGroup, type AlertGroup } from '../alertGroup/group.js';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { webAddress } from '../event.js';
import type { Link } from '../facts.js';
import { parseJsonObject, textAt } from '../json.js';
import { sourceFields, type ParsedEvent, type SourceType } from '../source.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({ ...sourceFields, ...credentialFields, type: z.literal('alertmanager') })
  .superRefine(refineCredentials);

export const alertmanager: SourceType<z.output<typeof schema>> = {
  name: 'alertmanager',
  schema,
  // It waits as long as its group_interval, of which 5 minutes are the default and 10 s a low value.
  respondWithinMs: 8_000,
  // A group of 10,000 alerts with 20 labels each: Alertmanager has no limit of its own.
  largestBodyBytes: 16 * 1024 * 1024,
  samples: SAMPLES,
  create: (settings) => ({
    ...allOf(credentials(settings)),
    identify: ({ body }) => ({
      kind: 'events',
      key: identityOf(readGroup(parseJsonObject(body))),
    }),
    parse: ({ body }) => [parseAlertmanager(readGroup(parseJsonObject(body)))],
  }),
};

function parseAlertmanager(group: AlertGroup): ParsedEvent {
  const { raw, receiver = '' } = group;
  const base = webAddress(textAt(raw, 'externalURL'))?.replace(/\/+$/, '');
  const url =
    base === undefined ? undefined : `${base}/#/alerts?receiver=${encodeURIComponent(receiver)}`;
  return groupEvent(group, {
    key: identityOf(group),
    url,
    linksOf: ({ ruleUrl }): Link[] => [['Graph', ruleUrl]],
    links: [['Alertmanager', url]],
    labels: {},
    // Since 0.32: https://github.com/prometheus/alertmanager/releases
    isReminder: /repeat/i.test(textAt(raw, 'notification_reason') ?? '') || undefined,
  });
}

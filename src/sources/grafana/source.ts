/** Grafana's alerting: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/ */
import { z } from 'zod';
import { own } from '../../lib/own.js';
import { groupEvent } from '../alertGroup/groupEvent.js';
import {
  identityOf,
  readGroup,
  type Alert,
  type AlertGroup,
  type Texts,
} from '../alertGroup/group.js';
import {
  allOf,
  credentialFields,
  credentials,
  headerNameSchema,
  refineCredentials,
} from '../authentication/credentials.js';
import { secretsSchema, signedBy } from '../authentication/hmac.js';
import { firstWebAddress } from '../event.js';
import type { Link } from '../facts.js';
import { at, isObject, parseJsonObject, textAt, type JsonObject } from '../json.js';
import { requestKey } from '../requestKey.js';
import { sourceFields, Unusable, type ParsedEvent, type SourceType } from '../source.js';
import { isLegacy, isLegacyTest, parseLegacy } from './legacy.js';
import { SAMPLES } from './samples.js';

const schema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('grafana'),
    /** Of "HMAC Signature" in the contact point. */
    secret: secretsSchema.optional(),
    signature: z
      .strictObject({
        header: headerNameSchema.default('X-Grafana-Alerting-Signature'),
        /** Set where the contact point has a "Timestamp Header": the time is signed, too. */
        timestampHeader: headerNameSchema.optional(),
      })
      .optional(),
  })
  .superRefine(refineCredentials)
  .refine(({ secret, signature }) => secret !== undefined || signature === undefined, {
    path: ['secret'],
    error: 'is missing: "signature" says how requests are signed, "secret" with what',
  });

export const grafana: SourceType<z.output<typeof schema>> = {
  name: 'grafana',
  schema,
  methods: ['POST', 'PUT'],
  // Its own time-out is 30 s.
  respondWithinMs: 8_000,
  largestBodyBytes: 16 * 1024 * 1024,
  samples: SAMPLES,
  create: ({ secret: secrets, signature, ...settings }) => ({
    ...allOf([
      ...credentials(settings),
      ...(secrets
        ? [signedBy({ secrets, header: 'X-Grafana-Alerting-Signature', ...signature })]
        : []),
    ]),
    identify: (request) => {
      const read = readNotification(request.body);
      if ('group' in read ? isTest(read.group) : isLegacyTest(read.legacy)) {
        return { kind: 'test', says: 'a test of the contact point' };
      }
      return { kind: 'events', key: 'group' in read ? keyOf(read.group) : requestKey(request) };
    },
    parse: (request) => {
      const read = readNotification(request.body);
      return [
        'group' in read ? parseGrafana(read.group) : parseLegacy(read.legacy, requestKey(request)),
      ];
    },
  }),
};

/** @throws Unusable where it is not Grafana's own payload */
function readNotification(body: Buffer): { group: AlertGroup } | { legacy: JsonObject } {
  try {
    const payload = parseJsonObject(body);
    return isLegacy(payload) ? { legacy: payload } : { group: readGroup(payload) };
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new Unusable(
      `${error.message} If the contact point has a custom payload, remove it, or make it a source of the type generic.`,
    );
  }
}

/** The alert of the button "Test" in a contact point. */
function isTest({ alerts }: AlertGroup): boolean {
  return (
    alerts.length > 0 && alerts.every(({ labels }) => own(labels, 'alertname') === 'TestAlert')
  );
}

/** Groups of two organisations may have one key. */
function keyOf(group: AlertGroup): string {
  return identityOf(group, textAt(group.raw, 'orgId'), textAt(group.raw, 'state'));
}

function parseGrafana(group: AlertGroup): ParsedEvent {
  const { alerts, raw } = group;
  const [only] = alerts.length === 1 ? alerts : [];
  const organisation = textAt(raw, 'orgId');
  return groupEvent(
    // The group's key, and with it the conversation, is only unique within an organisation.
    { ...group, key: group.key && organisation ? `${organisation}/${group.key}` : group.key },
    {
      key: keyOf(group),
      url: firstWebAddress(
        textAt(only?.raw, 'panelURL'),
        textAt(only?.raw, 'dashboardURL'),
        only?.ruleUrl,
        textAt(raw, 'externalURL'),
      ),
      linksOf,
      nameOf,
      valuesOf,
      links: [['Grafana', textAt(raw, 'externalURL')]],
      labels: { orgId: organisation, state: textAt(raw, 'state') },
    },
  );
}

/** Where a rule has no data or fails, its alert is called so, and the rule is in another label. */
function nameOf(labels: Texts): string | undefined {
  const name = own(labels, 'alertname') ?? '';
  const rule = own(labels, 'rulename');
  return rule !== undefined && /^Datasource(?:NoData|Error)$/.test(name)
    ? `${rule} (${name})`
    : undefined;
}

function linksOf({ raw, ruleUrl }: Alert): Link[] {
  return [
    ['Rule', ruleUrl],
    ['Dashboard', textAt(raw, 'dashboardURL')],
    ['Panel', textAt(raw, 'panelURL')],
    ['Image', textAt(raw, 'imageURL')],
    ['Silence', textAt(raw, 'silenceURL')],
  ];
}

/** As `B=44.24, C=1`: what the rule's queries and expressions resulted in. */
function valuesOf({ raw }: Alert): string | undefined {
  const values = at(raw, 'values');
  if (!isObject(values)) return undefined;
  const shown = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name}=${Number(value.toPrecision(6))}`] : [],
  );
  return shown.length > 0 ? shown.join(', ') : undefined;
}

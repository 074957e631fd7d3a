import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { pagerduty } from '../../../src/sources/pagerduty/source.js';
import { describeSourceContract } from './contract.js';
import { parsing } from './parsed.js';

describeSourceContract({
  type: pagerduty,
  settings: (secret) => ({ secret }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: {
      ...headers,
      'X-PagerDuty-Signature': `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  }),
  signsBody: true,
  senderWaitsMs: 5_000,
  tests: ['test'],
  redelivered: ({ body, headers }) => ({
    body,
    headers: { ...headers, 'X-Webhook-Id': crypto.randomUUID() },
  }),
});

const { parse, titles } = parsing(pagerduty, { secret: { env: 'UNUSED' } });

it('says what happened to which incident', () => {
  expect(titles()).toEqual({
    triggered: 'Incident 55 triggered: Disk full on db-3',
    acknowledged: 'Incident 55 acknowledged: Disk full on db-3',
    annotated: 'Incident has a new note: Disk full on db-3',
    'responder-replied': 'Incident has a reply of a responder: Disk full on db-3',
    'service-updated': 'Service updated: Orders database',
    resolved: 'Incident 55 resolved: Disk full on db-3',
  });
});

it('knows the incident of notes and responders, which don’t have its number', () => {
  for (const name of ['annotated', 'responder-replied']) {
    const sample = pagerduty.samples[name] ?? { headers: {}, body: '' };
    expect(parse(sample)).toMatchObject({ conversation: 'Q1A2B3C4D5', state: 'updated' });
    expect(parse(sample).reference).toBeUndefined();
  }
});

it('leaves out of notes and responders what a route by service would need', () => {
  for (const name of ['annotated', 'responder-replied']) {
    const { labels } = parse(pagerduty.samples[name] ?? { headers: {}, body: '' });
    expect(Object.keys(labels)).toEqual(['event_type']);
  }
});

it('shows types that PagerDuty may add', () => {
  const body = JSON.stringify({
    event: { id: 'E1', event_type: 'incident.something_new.added', data: { type: 'incident' } },
  });
  expect(parse({ headers: {}, body }).title).toBe('Incident something new added');
});

/** What an incident's or a service's event says, by the documented form of its data. */
function said(event_type: string, data: object): { title: string; text: string } {
  const body = JSON.stringify({ event: { id: 'E1', event_type, data } });
  const { conversation, text, title } = parse({ headers: {}, body });
  if (event_type.startsWith('incident.')) expect(conversation).toBe('PGR0VU2');
  return { title, text: text.replaceAll('\\', '') };
}

const INCIDENT = { id: 'PGR0VU2', summary: 'A bump', type: 'incident_reference' };
const reference = (summary: string) => ({ id: 'P1', summary });

it.each<[string, object, string, string[]]>([
  [
    'incident.conference_bridge.updated',
    {
      incident: INCIDENT,
      conference_numbers: [{ label: '', number: '+1-555-555-5555' }],
      conference_url: 'https://meet.example.com/1',
      type: 'incident_conference_bridge',
    },
    'Incident has a conference bridge: A bump',
    ['https://meet.example.com/1'],
  ],
  [
    'incident.conference_bridge.updated',
    { incident: INCIDENT, conference_numbers: [{ number: '+1-555-555-5555' }] },
    'Incident has a conference bridge: A bump',
    ['+1-555-555-5555'],
  ],
  [
    'incident.custom_field_values.updated',
    {
      incident: INCIDENT,
      custom_fields: [{ name: 'region', value: 'US' }],
      changed_custom_fields: [
        { name: 'environment', value: 'staging' },
        { name: 'teams', value: ['a', 'b'] },
        { name: 'owner', value: null },
        { name: 'odd', value: [{ toString: 1 }] },
      ],
    },
    'Incident has new custom fields: A bump',
    ['environment:** staging', 'teams:** a, b', 'owner:** none'],
  ],
  [
    'incident.workflow.started',
    {
      summary: 'An instance',
      incident: INCIDENT,
      incident_workflow: reference('Open a bridge'),
      type: 'incident_workflow_instance',
    },
    'Incident has a workflow that started: A bump',
    ['Workflow:** Open a bridge'],
  ],
  [
    'incident.delegated',
    { id: 'PGR0VU2', title: 'A bump', escalation_policy: reference('Database') },
    'Incident reassigned to another escalation policy: A bump',
    ['Escalation policy:** Database'],
  ],
  [
    'incident.incident_type.changed',
    { id: 'PGR0VU2', title: 'A bump', incident_type: { name: 'major' } },
    'Incident has a new type: A bump',
    ['Type:** major'],
  ],
  [
    'incident.priority_updated',
    { id: 'PGR0VU2', title: 'A bump', priority: null },
    'Incident has a new priority: A bump',
    ['Priority:** none'],
  ],
  [
    'incident.role.assigned',
    {
      incident_role_assignments: [
        { incident: INCIDENT, role: reference('Commander'), assignee: reference('Ana Silva') },
        { incident: INCIDENT, role: reference('Scribe'), assignee: null },
      ],
      type: 'incident_role_assignment',
    },
    'Incident has a change of roles: A bump',
    ['Commander: Ana Silva', 'Scribe: nobody'],
  ],
  [
    'incident.task.created',
    { incident: INCIDENT, name: 'Call the bank', description: 'They know more.' },
    'Incident has a new task: A bump',
    ['Task:** Call the bank', 'They know more.'],
  ],
  [
    'incident.action_invocation.terminated',
    { incident: INCIDENT, action: reference('Restart db-3'), state: 'completed' },
    'Incident has an action that ended: A bump',
    ['Action:** Restart db-3', 'State:** completed'],
  ],
  [
    'service.custom_field_values.updated',
    {
      service: { id: 'S1', summary: 'Orders database' },
      custom_fields: [{ name: 'tier', value: true }],
      type: 'service_field_values',
    },
    'Service has new custom fields: Orders database',
    ['tier:** true'],
  ],
])('says what is new in %s', (type, data, title, expected) => {
  const shown = said(type, data);
  expect(shown.title).toBe(title);
  for (const words of expected) expect(shown.text).toContain(words);
});

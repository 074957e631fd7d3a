import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json', 'User-Agent': 'PagerDuty-Webhook/V3.0' };

const INCIDENT = {
  id: 'Q1A2B3C4D5',
  type: 'incident',
  html_url: 'https://example.pagerduty.com/incidents/Q1A2B3C4D5',
  number: 55,
  title: 'Disk full on db-3',
  status: 'triggered',
  urgency: 'high',
  incident_key: 'db-3/disk',
  service: {
    id: 'PSVC001',
    summary: 'Orders database',
    html_url: 'https://example.pagerduty.com/services/PSVC001',
  },
  assignees: [
    {
      id: 'PUSR001',
      summary: 'Ana Silva',
      html_url: 'https://example.pagerduty.com/users/PUSR001',
    },
  ],
  priority: { summary: 'P1' },
  escalation_policy: { summary: 'Database' },
  teams: [{ summary: 'Storage' }],
};

function sample(
  id: string,
  eventType: string,
  { minute, data }: { minute: number; data: object },
): Sample {
  const event = {
    id,
    event_type: eventType,
    resource_type: 'incident',
    occurred_at: `2026-11-23T12:${String(minute).padStart(2, '0')}:00Z`,
    agent: { type: 'user_reference', summary: 'Ana Silva' },
    data,
  };
  return { headers: HEADERS, body: JSON.stringify({ event }) };
}

export const SAMPLES = {
  triggered: sample('01EXAMPLETRIGGER', 'incident.triggered', { minute: 0, data: INCIDENT }),
  acknowledged: sample('01EXAMPLEACKNOWLEDGE', 'incident.acknowledged', {
    minute: 2,
    data: { ...INCIDENT, status: 'acknowledged' },
  }),
  annotated: sample('01EXAMPLENOTE', 'incident.annotated', {
    minute: 5,
    data: {
      id: 'PNOTE01',
      type: 'incident_note',
      content: 'Old logs are being removed.',
      incident: { id: INCIDENT.id, summary: INCIDENT.title, html_url: INCIDENT.html_url },
    },
  }),
  'responder-replied': sample('01EXAMPLERESPONDER', 'incident.responder.replied', {
    minute: 6,
    data: {
      type: 'incident_responder',
      state: 'joined',
      message: 'Please look at the backups.',
      user: { id: 'PUSR002', summary: 'Kofi Mensah' },
      incident: { id: INCIDENT.id, summary: INCIDENT.title, html_url: INCIDENT.html_url },
    },
  }),
  'service-updated': sample('01EXAMPLESERVICE', 'service.updated', {
    minute: 7,
    data: { type: 'service', ...INCIDENT.service },
  }),
  resolved: sample('01EXAMPLERESOLVE', 'incident.resolved', {
    minute: 9,
    data: { ...INCIDENT, status: 'resolved' },
  }),
  test: sample('01EXAMPLEPING', 'pagey.ping', { minute: 0, data: { type: 'ping' } }),
};

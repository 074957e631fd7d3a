import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json', 'User-Agent': 'Alertmanager/0.31.1' };

const STARTED = '2026-11-23T12:00:00Z';
const ENDED = '2026-11-23T12:30:00Z';
const NEVER = '0001-01-01T00:00:00Z';

function alert(instance: string, used: number, status = 'firing') {
  return {
    status,
    labels: { alertname: 'DiskFull', instance, job: 'node', severity: 'critical', team: 'storage' },
    annotations: {
      summary: `${used} % of /var is used on ${instance}`,
      description: 'Logs and databases stop when the disk is full.',
      runbook_url: 'https://runbooks.example.com/disk-full',
    },
    startsAt: STARTED,
    endsAt: status === 'firing' ? NEVER : ENDED,
    generatorURL: 'https://prometheus.example.com/graph?g0.expr=disk_used_ratio+%3E+0.9',
    fingerprint: Buffer.from(instance).toString('hex').padStart(16, '0').slice(0, 16),
  };
}

function sample(alerts: readonly ReturnType<typeof alert>[]): Sample {
  const isFiring = alerts.some(({ status }) => status === 'firing');
  const [first] = alerts;
  const body = {
    receiver: 'sendproof',
    status: isFiring ? 'firing' : 'resolved',
    alerts,
    groupLabels: { alertname: 'DiskFull' },
    commonLabels: {
      alertname: 'DiskFull',
      job: 'node',
      severity: 'critical',
      team: 'storage',
      ...(alerts.length === 1 && { instance: first?.labels.instance }),
    },
    commonAnnotations: {
      description: first?.annotations.description,
      runbook_url: first?.annotations.runbook_url,
      ...(alerts.length === 1 && { summary: first?.annotations.summary }),
    },
    externalURL: 'https://alertmanager.example.com',
    version: '4',
    groupKey: '{}:{alertname="DiskFull"}',
    truncatedAlerts: 0,
  };
  return { headers: HEADERS, body: JSON.stringify(body) };
}

export const SAMPLES = {
  firing: sample([alert('db-3', 97)]),
  grouped: sample(Array.from({ length: 42 }, (_, index) => alert(`db-${index + 3}`, 97))),
  'partly-resolved': sample([alert('db-3', 97), alert('db-4', 60, 'resolved')]),
  resolved: sample([alert('db-3', 60, 'resolved')]),
};

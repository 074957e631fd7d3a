import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json', 'User-Agent': 'Grafana' };
const NEVER = '0001-01-01T00:00:00Z';

function sample(
  status: 'firing' | 'resolved',
  labels: Record<string, string>,
  more: object = {},
): Sample {
  const isFiring = status === 'firing';
  const annotations = {
    summary: 'The 95th percentile of checkout is above 2 s',
    description: 'Customers wait. Look at the bank’s API first.',
  };
  const alert = {
    status,
    labels,
    annotations,
    startsAt: '2026-11-23T12:00:00Z',
    endsAt: isFiring ? NEVER : '2026-11-23T12:20:00Z',
    generatorURL: 'https://grafana.example.com/alerting/grafana/checkout-latency/view?orgId=1',
    fingerprint: '5a1e9c0b7d3f2468',
    silenceURL: 'https://grafana.example.com/alerting/silence/new?alertmanager=grafana',
    dashboardURL: 'https://grafana.example.com/d/checkout?orgId=1',
    panelURL: 'https://grafana.example.com/d/checkout?orgId=1&viewPanel=4',
    imageURL: '',
    values: { A: 2.3456789, C: 1 },
    valueString: '[ var="A" labels={} value=2.3456789 ]',
    ...more,
  };
  const body = {
    receiver: 'sendproof',
    status,
    orgId: 1,
    alerts: [alert],
    groupLabels: { alertname: labels.alertname, grafana_folder: 'Checkout' },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'https://grafana.example.com/',
    version: '1',
    groupKey: '{}:{alertname="Slow checkout", grafana_folder="Checkout"}',
    truncatedAlerts: 0,
    title: `[${isFiring ? 'FIRING:1' : 'RESOLVED'}] Slow checkout Checkout`,
    state: isFiring ? 'alerting' : 'ok',
    message: `**${isFiring ? 'Firing' : 'Resolved'}**`,
  };
  return { headers: HEADERS, body: JSON.stringify(body) };
}

const LABELS = { alertname: 'Slow checkout', grafana_folder: 'Checkout', severity: 'warning' };

export const SAMPLES = {
  firing: sample('firing', LABELS),
  image: sample(
    'firing',
    { ...LABELS, alertname: 'No orders' },
    {
      fingerprint: '0f1e2d3c4b5a6978',
      imageURL: 'https://grafana.example.com/public/img/attachments/orders.png',
    },
  ),
  resolved: sample('resolved', LABELS),
  test: sample('firing', { alertname: 'TestAlert', instance: 'Grafana' }),
};

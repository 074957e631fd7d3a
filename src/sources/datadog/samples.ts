import type { Sample } from '../source.js';
import type { Field } from './payload.js';

const HEADERS = { 'Content-Type': 'application/json' };

const EVENT: Record<Field, string> = {
  id: '7100000000000000001',
  event_type: 'query_alert_monitor',
  event_title: '[P1] [Triggered on {host:db-3}] Disk is nearly full',
  text: 'Delete old backups first. Runbook: https://runbooks.example.com/disk-full',
  date: '1795435200000',
  last_updated: '1795435200000',
  link: 'https://app.datadoghq.com/event/event?id=7100000000000000001',
  snapshot: 'https://p.datadoghq.com/snapshot/view/example.png',
  tags: 'env:production,service:orders,team:storage,monitor',
  hostname: 'db-3',
  org_name: 'Example',
  alert_id: '4711',
  alert_cycle_key: '1234567890123456789',
  aggreg_key: '9f8e7d6c5b4a39281706f5e4d3c2b1a0',
  alert_transition: 'Triggered',
  alert_type: 'error',
  alert_title: 'Disk is nearly full on host:db-3',
  alert_status: 'system.disk.in_use over host:db-3 was > 0.9 during the last 5m',
  alert_priority: 'P1',
  alert_metric: 'system.disk.in_use',
  alert_scope: 'host:db-3',
  alert_query: 'avg(last_5m):avg:system.disk.in_use{env:production} by {host} > 0.9',
};

function sample(changes: Partial<Record<Field, string>> = {}): Sample {
  return { headers: HEADERS, body: JSON.stringify({ ...EVENT, ...changes }) };
}

export const SAMPLES = {
  triggered: sample(),
  renotified: sample({ id: '7100000000000000002', alert_transition: 'Renotify' }),
  'no-data': sample({
    id: '7100000000000000003',
    alert_cycle_key: '1234567890123456790',
    alert_transition: 'No Data',
    event_title: '[No data] Disk is nearly full',
  }),
  recovered: sample({
    id: '7100000000000000004',
    alert_transition: 'Recovered',
    alert_type: 'success',
    event_title: '[P1] [Recovered on {host:db-3}] Disk is nearly full',
    last_updated: '1795437000000',
  }),
};

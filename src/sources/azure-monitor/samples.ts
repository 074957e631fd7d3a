import type { Sample } from '../source.js';

const HEADERS = { 'Content-Type': 'application/json; charset=utf-8' };

function sample(monitorCondition: 'Fired' | 'Resolved', more: object): Sample {
  const essentials = {
    alertId: '/subscriptions/example/providers/Microsoft.AlertsManagement/alerts/example-55',
    alertRule: 'High CPU',
    severity: 'Sev1',
    signalType: 'Metric',
    monitorCondition,
    monitoringService: 'Platform',
    configurationItems: ['db-3'],
    originAlertId: 'example-55',
    firedDateTime: '2026-11-23T12:00:00Z',
    description: 'The database works at its limit.',
    ...more,
  };
  const alertContext = {
    condition: {
      allOf: [
        {
          metricName: 'Percentage CPU',
          operator: 'GreaterThan',
          threshold: '80',
          metricValue: 97.2,
        },
      ],
    },
  };
  const data = { essentials, alertContext, customProperties: { team: 'database' } };
  return {
    headers: HEADERS,
    body: JSON.stringify({ schemaId: 'azureMonitorCommonAlertSchema', data }),
  };
}

export const SAMPLES = {
  fired: sample('Fired', {}),
  resolved: sample('Resolved', { resolvedDateTime: '2026-11-23T12:09:00Z' }),
};

import type { Sample } from '../source.js';

function sample(resource: string, body: object): Sample {
  return {
    headers: {
      'Content-Type': 'application/json',
      'Request-ID': '00000000-0000-4000-8000-000000000001',
      'Sentry-Hook-Resource': resource,
      'Sentry-Hook-Timestamp': '1795435200',
    },
    body: JSON.stringify({
      installation: { uuid: '00000000-0000-4000-8000-00000000abcd' },
      actor: { type: 'application', id: 'sentry', name: 'Sentry' },
      ...body,
    }),
  };
}

const ISSUE = {
  id: '5500000055',
  shortId: 'SHOP-55',
  title: 'TypeError: the price is not a number',
  culprit: 'checkout.total',
  level: 'error',
  status: 'unresolved',
  substatus: 'new',
  platform: 'node',
  issueCategory: 'error',
  priority: 'high',
  count: '3',
  userCount: 2,
  project: { id: '1', name: 'shop', slug: 'shop' },
  web_url: 'https://example.sentry.io/issues/5500000055/',
  lastSeen: '2026-11-23T12:00:00.000000Z',
};

const EVENT = {
  event_id: '0123456789abcdef0123456789abcdef',
  issue_id: ISSUE.id,
  title: ISSUE.title,
  culprit: ISSUE.culprit,
  level: 'error',
  platform: 'node',
  datetime: '2026-11-23T12:01:00.000000Z',
  environment: 'production',
  release: 'shop@2.4.0',
  web_url: 'https://example.sentry.io/issues/5500000055/events/0123456789abcdef0123456789abcdef/',
  tags: [
    ['environment', 'production'],
    ['server_name', 'web-3'],
  ],
  exception: {
    values: [
      {
        type: 'TypeError',
        value: 'the price is not a number',
        stacktrace: {
          frames: [
            {
              filename: 'node_modules/http/serve.js',
              lineno: 10,
              function: 'serve',
              in_app: false,
            },
            { filename: 'src/checkout.js', lineno: 42, function: 'total', in_app: true },
          ],
        },
      },
    ],
  },
};

const METRIC_ALERT = {
  id: '71',
  identifier: '7',
  title: 'Too many errors',
  status: 20,
  projects: ['shop'],
  date_detected: '2026-11-23T12:05:00.000000Z',
  date_closed: null,
  alert_rule: { id: '9', name: 'Too many errors', query: 'level:error', environment: 'production' },
};

export const SAMPLES = {
  created: sample('issue', { action: 'created', data: { issue: ISSUE } }),
  alert: sample('event_alert', {
    action: 'triggered',
    data: { event: EVENT, triggered_rule: 'Errors in checkout' },
  }),
  error: sample('error', { action: 'created', data: { error: EVENT } }),
  'metric-critical': sample('metric_alert', {
    action: 'critical',
    data: {
      metric_alert: METRIC_ALERT,
      description_title: 'Critical: Too many errors',
      description_text: '1000 events in the last 10 minutes\\nFilter: level:error',
      web_url: 'https://example.sentry.io/alerts/rules/details/9/?alert=7',
    },
  }),
  'metric-resolved': sample('metric_alert', {
    action: 'resolved',
    data: {
      metric_alert: { ...METRIC_ALERT, status: 2, date_closed: '2026-11-23T12:25:00.000000Z' },
      description_title: 'Resolved: Too many errors',
      description_text: '2 events in the last 10 minutes\\nFilter: level:error',
      web_url: 'https://example.sentry.io/alerts/rules/details/9/?alert=7',
    },
  }),
  comment: sample('comment', {
    action: 'created',
    actor: { type: 'user', id: 1, name: 'Ana Silva' },
    data: {
      comment: 'The price list of yesterday has a text in it.',
      project_slug: 'shop',
      comment_id: 12,
      issue_id: Number(ISSUE.id),
      timestamp: '2026-11-23T12:10:00.000000Z',
    },
  }),
  resolved: sample('issue', {
    action: 'resolved',
    actor: { type: 'user', id: 1, name: 'Ana Silva' },
    data: { issue: { ...ISSUE, status: 'resolved', substatus: null } },
  }),
  test: sample('installation', {
    action: 'created',
    data: { installation: { status: 'installed', uuid: '00000000-0000-4000-8000-00000000abcd' } },
  }),
};

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { azureMonitor } from '../../../src/sources/azure-monitor/source.js';
import { AgainLater } from '../../../src/sources/source.js';
import { describeSourceContract } from './contract.js';
import { parsing, requestOf } from './parsed.js';

describeSourceContract({
  type: azureMonitor,
  settings: (bearer) => ({ bearer }),
  authenticate: ({ body, headers }, secret) => ({
    body,
    headers: { ...headers, Authorization: `Bearer ${Buffer.from(secret).toString('latin1')}` },
  }),
  signsBody: false,
  senderWaitsMs: 10_000,
});

const { keyOf, parse } = parsing(azureMonitor);

/** An alert as the monitoring service sends it, by its documentation. */
function alert(essentials: object, alertContext?: object) {
  const common = { alertId: '/alerts/1', alertRule: 'Rule', monitorCondition: 'Fired' };
  const data = { essentials: { ...common, ...essentials }, alertContext };
  return {
    headers: {},
    body: JSON.stringify({ schemaId: 'azureMonitorCommonAlertSchema', data }),
  };
}

/** The words of Markdown. */
function textOf(sample: ReturnType<typeof alert>): string {
  return parse(sample).text.replaceAll('\\', '');
}

it.each<[string, object, string[]]>([
  [
    'Platform, with a threshold that follows the metric',
    {
      conditionType: 'DynamicThresholdCriteria',
      condition: {
        allOf: [
          {
            alertSensitivity: 'High',
            metricName: 'Transactions',
            operator: 'GreaterOrLessThan',
            threshold: null,
            metricValue: 78.09,
            dimensions: [{ name: 'ApiName', value: 'PutBlob' }],
          },
        ],
      },
    },
    ['Transactions GreaterOrLessThan, is 78.09 (ApiName=PutBlob)'],
  ],
  [
    'Platform, of an availability test',
    {
      condition: {
        allOf: [
          {
            webTestName: 'shop',
            metricName: 'Failed Location',
            operator: 'GreaterThan',
            threshold: '2',
            metricValue: 5,
          },
        ],
      },
    },
    ['shop GreaterThan 2, is 5'],
  ],
  [
    'Log Alerts V2',
    {
      conditionType: 'LogQueryCriteria',
      condition: {
        allOf: [
          {
            searchQuery: 'Heartbeat | count',
            metricMeasureColumn: null,
            operator: 'LowerThan',
            threshold: '1',
            dimensions: [{ name: 'Computer', value: 'db-3' }],
            metricValue: 0,
          },
        ],
      },
    },
    ['Heartbeat | count LowerThan 1, is 0 (Computer=db-3)'],
  ],
  [
    'Log Analytics',
    { SearchQuery: 'Perf | where CounterValue > 90', ResultCount: 2, Threshold: 0 },
    ['Query:** Perf | where CounterValue > 90', 'Results:** 2'],
  ],
  [
    'Activity Log - Administrative',
    {
      authorization: { action: 'Microsoft.Compute/virtualMachines/restart/action' },
      caller: 'ana@example.com',
      operationName: 'Microsoft.Compute/virtualMachines/restart/action',
      status: 'Failed',
      properties: { entity: 'vm-3', eventCategory: 'Administrative' },
    },
    ['By:** ana@example.com', 'virtualMachines/restart', 'Status:** Failed', 'entity:** vm-3'],
  ],
  [
    'Activity Log - Autoscale',
    {
      properties: {
        Description: 'The autoscale engine scales',
        OldInstancesCount: '3',
        NewInstancesCount: '2',
      },
    },
    ['The autoscale engine scales', 'NewInstancesCount:** 2'],
  ],
  [
    'Activity Log - Security',
    {
      properties: {
        threatStatus: 'Quarantined',
        compromisedEntity: 'vm-3',
        actionTaken: 'Blocked',
      },
    },
    ['compromisedEntity:** vm-3'],
  ],
  [
    'ServiceHealth',
    {
      status: 'Active',
      properties: {
        title: 'Errors of Storage in West Europe',
        service: 'Storage',
        region: 'West Europe',
        incidentType: 'Incident',
        trackingId: 'ABC-123',
        communication: '<p><b>Impact:</b> writes fail.</p><p>We work on it.</p>',
        impactedServices: '[{"ServiceName":"Storage"}]',
      },
    },
    ['Errors of Storage', '**Impact:** writes fail.', 'region:** West Europe', 'ABC-123'],
  ],
  [
    'ResourceHealth',
    {
      status: 'Active',
      properties: {
        title: 'The virtual machine is rebooting',
        details: null,
        currentHealthStatus: 'Unavailable',
        previousHealthStatus: 'Available',
        cause: 'PlatformInitiated',
      },
    },
    ['The virtual machine is rebooting', 'currentHealthStatus:** Unavailable', 'PlatformInitiated'],
  ],
  [
    'Prometheus',
    {
      interval: 'PT1M',
      expression: 'kube_pod_status_ready{condition="false"} > 0',
      expressionValue: '3',
      labels: { namespace: 'shop', pod: 'pay-1' },
      annotations: {
        summary: 'Pods are not ready',
        runbook_url: 'https://runbooks.example.com/pods',
      },
    },
    [
      'Pods are not ready',
      'pod:** pay-1',
      'Value:** 3',
      '[Runbook](<https://runbooks.example.com/pods>)',
    ],
  ],
  [
    'SmartDetector',
    { DetectionSummary: 'An abnormal rise in failed requests', DetectedFailureRate: '50 %' },
    ['An abnormal rise in failed requests', 'DetectedFailureRate:** 50 %'],
  ],
  [
    'CostAlerts',
    { AlertCategory: 'budgets', AlertData: { BudgetName: 'cloud', BudgetThreshold: '$50.00' } },
    ['AlertData.BudgetName:** cloud', '$50.00'],
  ],
])('shows what caused an alert of %s', (monitoringService, context, expected) => {
  const text = textOf(alert({ monitoringService }, context));
  for (const words of expected) expect(text).toContain(words);
});

it('tells the end of an issue at Azure, whose alerts are always fired, and keeps its news together', () => {
  const news = (id: string, stage: string) =>
    alert(
      { alertId: id, monitoringService: 'ServiceHealth', severity: 'Sev4' },
      { properties: { title: 'Errors of Storage', trackingId: 'ABC-123', stage }, status: stage },
    );
  expect(parse(news('/alerts/1', 'Active'))).toMatchObject({
    title: 'Rule fired: Errors of Storage',
    state: 'triggered',
    reference: 'ABC-123',
  });
  expect(parse(news('/alerts/2', 'Resolved'))).toMatchObject({
    title: 'Rule resolved: Errors of Storage',
    state: 'resolved',
    severity: 'ok',
    conversation: parse(news('/alerts/1', 'Active')).conversation,
  });
});

it('is another event where an alert fires again, and the same one where Azure sends again', () => {
  const first = alert({ firedDateTime: '2026-11-23T12:00:00Z' });
  expect(keyOf(alert({ firedDateTime: '2026-11-23T12:00:00Z' }))).toBe(keyOf(first));
  expect(keyOf(alert({ firedDateTime: '2026-11-23T13:00:00Z' }))).not.toBe(keyOf(first));
});

describe('the token of a secure webhook', () => {
  const TENANT = '0a1b2c3d-0000-4000-8000-000000000001';
  const ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
  const AUDIENCE = 'api://alerts';
  let published = '';
  let answer: { status: number; body: string };
  let key: CryptoKey;
  let other: CryptoKey;
  const server = createServer((_request, response) => {
    response.writeHead(answer.status).end(answer.body);
  });
  let keysUrl = '';
  beforeAll(async () => {
    const pair = await generateKeyPair('RS256');
    key = pair.privateKey;
    other = (await generateKeyPair('RS256')).privateKey;
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', use: 'sig' };
    published = JSON.stringify({ keys: [jwk] });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    keysUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const signed = (by: CryptoKey, { audience = AUDIENCE, issuer = ISSUER, kid = 'one' } = {}) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('5m')
      .sign(by);
  const newSource = () => {
    const entra = { tenant: TENANT, audience: AUDIENCE, keysUrl };
    return azureMonitor.create(
      azureMonitor.schema.parse({ type: 'azure-monitor', entra }),
      'azure',
    );
  };
  const verdictOf = async (token: string, source = newSource()) =>
    await source.verify(requestOf({ headers: { authorization: `Bearer ${token}` }, body: '{}' }));

  it('is authentic where the directory made it, for this source', async () => {
    answer = { status: 200, body: published };
    expect(await verdictOf(await signed(key))).toBe('authentic');
    const ofFirstForm = `https://sts.windows.net/${TENANT}/`;
    expect(await verdictOf(await signed(key, { issuer: ofFirstForm }))).toBe('authentic');
    for (const token of [
      await signed(other),
      await signed(key, { audience: 'api://others' }),
      await signed(key, { issuer: 'https://evil.example/' }),
      await signed(key, { kid: 'unknown' }),
      'no.token.atall',
      'nonsense',
    ]) {
      expect(await verdictOf(token)).toHaveProperty('refusedBecause');
    }
  });

  it.each<[string, number, string]>([
    ['is away', 503, ''],
    ['has moved', 302, ''],
    ['is limited', 429, '{}'],
    ['answers with a page', 200, '<html>'],
    ['answers with something else', 200, '{}'],
    ['answers with other keys', 200, '{"keys":"x"}'],
    ['has none', 200, '{"keys":[]}'],
    ['answers with nothing', 200, ''],
  ])('is to be sent again where the server of the keys %s', async (_, status, body) => {
    answer = { status, body };
    const refused = await verdictOf(await signed(key)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AgainLater);
    expect((refused as Error).message).not.toContain(keysUrl);
    expect(((refused as Error).cause as Error).message).toContain(keysUrl);
  });

  it('is known while the keys are, whatever their server answers then', async () => {
    answer = { status: 200, body: published };
    const source = newSource();
    expect(await verdictOf(await signed(key), source)).toBe('authentic');
    answer = { status: 503, body: '' };
    expect(await verdictOf(await signed(key), source)).toBe('authentic');
    expect(await verdictOf(await signed(other), source)).toHaveProperty('refusedBecause');
  });
});

it('shows the words and addresses of a communication in HTML', () => {
  const communication =
    "<p><strong>Impact:&nbsp;</strong>writes fail. <a href='https://x/1'><span>Status</span></a></p>";
  const { text } = parse(
    alert({ monitoringService: 'ServiceHealth' }, { properties: { communication } }),
  );
  expect(text).toContain('**Impact:**\u00A0writes fail. [Status](<https://x/1>)');
});

it('leads to the results that can be opened, however long their address is', () => {
  const [filtered, all] = [`https://x/?q=${'a'.repeat(3_000)}`, 'https://x/all'];
  const condition = {
    allOf: [{ linkToFilteredSearchResultsUI: filtered, linkToSearchResultsUI: all }],
  };
  const { text, url } = parse(alert({}, { condition }));
  expect(url).toBe(all);
  expect(text).toContain(String.raw`Results \[1\]`);
  expect(text.endsWith(String.raw`\[1\] [Results](<${filtered}>)`)).toBe(true);
});

import { describe, expect, it } from 'vitest';
import { SUMMARY_BYTES } from '../../src/contract/userMetadata.js';
import { messageDetails, messageSummary } from '../../src/store/messageMetadata.js';
import type { DeliverMessageInput, DeliveryPlan } from '../../src/contract/deliverMessage.js';
import type { Destination } from '../../src/domain/destination.js';

function plan(destination: Destination, fallbackFor?: number): DeliveryPlan {
  return {
    ...{ destination, fallbackFor, taskQueue: 'queue', fairnessKey: destination },
    retry: { initialDelayMs: 1, factor: 2, maximumDelayMs: 1, attempts: 1 },
    requestTimeoutMs: 1,
  };
}

const OPS = plan('slack:default/C0123ABC');

function input(parts: Partial<DeliverMessageInput> = {}): DeliverMessageInput {
  return {
    ...{ content: { text: 'secret words' }, priority: 3, onAmbiguous: 'resend', traceId: 'abc' },
    deliveries: [OPS],
    ...parts,
  };
}

const jsonBytes = (text: string) => Buffer.byteLength(JSON.stringify(text));

describe('the summary', () => {
  it('says where to and where from, in one line', () => {
    const correlation = { source: 'pagerduty', reference: '55' };
    expect(messageSummary(input())).toBe('slack:default/C0123ABC');
    expect(messageSummary(input({ correlation }))).toBe('slack:default/C0123ABC ← pagerduty 55');
    const deliveries = [OPS, plan('teams:default/t/19:a@thread.tacv2', 0), plan('slack:b/C1')];
    expect(messageSummary(input({ correlation, deliveries }))).toBe(
      'slack:default/C0123ABC and 1 more ← pagerduty 55',
    );
  });

  it('stays within Temporal’s limit, whatever the source calls itself', () => {
    for (const text of ['x', '"', 'ü', '😀', '\u0000']) {
      const correlation = { source: text.repeat(255), reference: text.repeat(255) };
      const summary = messageSummary(input({ correlation }));
      expect(jsonBytes(summary)).toBeLessThanOrEqual(SUMMARY_BYTES);
      expect(jsonBytes(summary)).toBeGreaterThan(SUMMARY_BYTES - 40);
      expect(summary).toMatch(/…`+$/);
      expect(summary).not.toContain('\uFFFD');
    }
  });
});

describe('the details', () => {
  it('are a list of all but the content', () => {
    const details = messageDetails(
      'alert 55',
      input({
        correlation: { source: 'pagerduty', reference: '5`5', url: 'https://example.com/55' },
        deliveries: [OPS, plan('teams:default/t/19:a@thread.tacv2', 0)],
        expiresAt: '2026-11-24T12:00:00Z',
      }),
    );
    expect(details.split('\n')).toEqual([
      '- **From**: `pagerduty`',
      '- **Reference**: ``5`5``',
      '- **Link**: `https://example.com/55`',
      '- **To**: `slack:default/C0123ABC`',
      '- **Fallback**: `teams:default/t/19:a@thread.tacv2`',
      '- **Priority**: `3`',
      '- **Expires**: `2026-11-24T12:00:00Z`',
      '- **Trace**: `abc`',
      "- **Timeline**: `sendproof timeline 'alert 55'`",
    ]);
  });

  it('stay within Temporal’s limit', () => {
    const long = Array.from({ length: 120 }, () => plan(`slack:default/${'C'.repeat(450)}`));
    expect(jsonBytes(messageDetails('key', input({ deliveries: long })))).toBeLessThanOrEqual(
      20_000,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { capabilityTable } from '../../dev/reference/capabilityTable.js';
import { PLATFORMS } from '../../src/destinations/registry.js';
import { slack } from '../../src/destinations/slack/platform.js';

describe('the table of capabilities', () => {
  it('has a row for each platform, and for each kind of place that differs', () => {
    const table = capabilityTable(PLATFORMS);
    for (const { name } of PLATFORMS) expect(table).toContain(`| \`${name}\``);
    expect(table).toMatch(/\| `teams`, channel .*\n\| `teams`, chat /);
  });

  it('changes when a platform declares something else', () => {
    const without = {
      ...slack,
      capabilities: () => ({ ...slack.capabilities(undefined), edit: false }),
    };
    expect(capabilityTable([without])).not.toBe(capabilityTable([slack]));
  });
});

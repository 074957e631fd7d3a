import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { capabilityTable, withCapabilityTable } from '../../src/destinations/capabilityTable.js';
import { PLATFORMS } from '../../src/destinations/registry.js';
import { slack } from '../../src/destinations/slack/platform.js';

describe('docs/reference/destinations.md', () => {
  it('has the table of what the platforms declare (npm run capabilities writes it)', () => {
    const document = readFileSync(new URL('../../docs/reference/destinations.md', import.meta.url), 'utf8');
    expect(document).toBe(withCapabilityTable(document, PLATFORMS));
  });
});

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

  it('is refused where the document has no place for it', () => {
    expect(() => withCapabilityTable('# Destinations', PLATFORMS)).toThrow('must have');
  });
});

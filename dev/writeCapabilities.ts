/** Writes what the platforms declare into docs/reference/destinations.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withCapabilityTable } from '../src/destinations/capabilityTable.js';
import { PLATFORMS } from '../src/destinations/registry.js';

const FILE = 'docs/reference/destinations.md';
writeFileSync(FILE, withCapabilityTable(readFileSync(FILE, 'utf8'), PLATFORMS));

/** Writes what the platforms declare into docs/destinations.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withCapabilityTable } from '../src/destinations/capabilityTable.js';
import { PLATFORMS } from '../src/destinations/registry.js';

const FILE = 'docs/destinations.md';
writeFileSync(FILE, withCapabilityTable(readFileSync(FILE, 'utf8'), PLATFORMS));

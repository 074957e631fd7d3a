import type { FleetSize } from '../faults/fleet.js';

/** What the proofs on the full server run. */
export const FLEET: FleetSize = { apis: 2, workers: 3 };

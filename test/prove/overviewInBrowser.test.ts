import { proveOverview } from './overviewProof.js';

proveOverview(8);

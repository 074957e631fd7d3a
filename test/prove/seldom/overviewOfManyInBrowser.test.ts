/** The same as `overviewInBrowser`, with a decision on as many as an incident leaves behind, and its progress. */
import { proveOverview } from '../overviewProof.js';

proveOverview(200);

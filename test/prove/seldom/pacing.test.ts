import { provePacing, QUIET } from '../../pacingProofs.js';

provePacing({ limitedBurst: 1_000, outage: 1_000, bounds: QUIET });

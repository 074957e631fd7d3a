import { BUSY, provePacing } from '../pacingProofs.js';

provePacing({ limitedBurst: 500, outage: 400, bounds: BUSY });

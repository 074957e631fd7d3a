/** Some requests of each kind. Many more are made in seldom/fuzz.test.ts. */
import { proveFuzzing } from '../fuzz/proof.js';

proveFuzzing({ examples: 10, timeoutMs: 5 * 60_000 });

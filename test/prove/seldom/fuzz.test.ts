/** More requests than an integration of a change has time for. */
import { proveFuzzing } from '../../fuzz/proof.js';

proveFuzzing({ examples: 100, timeoutMs: 20 * 60_000 });

/** `npm start`: the whole product on one machine. One process, and beside it the Temporal server that it keeps. */
import { runProcess } from '../lib/process.js';
import { runProduct } from './product.js';

await runProcess('sendproof', process.env, runProduct);

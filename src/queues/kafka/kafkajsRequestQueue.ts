/**
 * Corrects kafkajs 2.2.4, whose version is exact in `package.json` therefore. Each connection to a broker looks for pending requests
 * every millisecond from its first response on, also when nothing is pending and nothing can become so by itself
 * (https://github.com/tulios/kafkajs/issues/1704). That takes some 3 % of a processor while nothing is done, and Node.js 24 warns
 * of the timers.
 */
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

// A method of the library, which is called as one.
// eslint-disable-next-line @typescript-eslint/unbound-method
const { scheduleCheckPendingRequests } = RequestQueue.prototype;

/** Whatever becomes pending later calls this again. */
RequestQueue.prototype.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0) scheduleCheckPendingRequests.call(this);
};

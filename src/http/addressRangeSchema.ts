import { z } from 'zod';
import { parseAddressRange } from '../lib/addressRange.js';

/** An address or a range of them in `sendproof.yaml`, as `10.1.2.0/24`. */
export const addressRangeSchema = z.string().transform((text, context) => {
  const range = parseAddressRange(text);
  if (range) return range;
  context.addIssue(`not an address or range: "${text}" (write 10.1.2.3, 10.1.2.0/24 or fd00::/8)`);
  return z.NEVER;
});

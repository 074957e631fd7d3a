/** The words of the pages for a status. */
import type { DeliveryStatus } from '../../domain/delivery.js';

export const STATUS_WORDS: Record<DeliveryStatus, string> = {
  accepted: 'accepted',
  delivering: 'delivering',
  confirmed: 'confirmed',
  dead_lettered: 'needs a decision',
  discarded: 'discarded',
  expired: 'expired',
  cancelled: 'cancelled',
  muted: 'muted',
  grouped: 'grouped',
  superseded: 'superseded',
  standby: 'standby',
};

/** The same in the filters, whose `delivering` finds accepted messages as well. */
export const SOUGHT_WORDS: typeof STATUS_WORDS = { ...STATUS_WORDS, delivering: 'under way' };

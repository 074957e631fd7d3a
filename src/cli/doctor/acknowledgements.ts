/** Checks the acknowledgements: who may be notified, and whether the secrets exist. Sends nothing. */
import { unusableSecrets } from '../../acknowledgements/secrets.js';
import { broken, note, ok, type Finding } from './finding.js';
import type { AcknowledgementSettings } from '../../acknowledgements/policy.js';

export function checkAcknowledgements(settings: AcknowledgementSettings): Finding[] {
  const { bySource, callbacks } = settings;
  const withNotes = Object.entries(bySource).filter(([, { pagerduty }]) => pagerduty);
  return [
    callbacks
      ? ok(`callbacks are allowed to ${callbacks.allowedOrigins.join(', ') || 'no host yet'}`)
      : note('callbacks are not configured: a message with "acknowledge" is refused'),
    ...withNotes.map(([source]) => ok(`incidents of ${source} receive notes in PagerDuty`)),
    ...unusableSecrets(settings).map((fault) =>
      broken(
        fault,
        'Until then acknowledgements wait. Unsent acknowledgements are given up after a day.',
      ),
    ),
  ];
}

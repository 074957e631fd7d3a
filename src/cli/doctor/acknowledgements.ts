/** Acknowledgements: who may be told, and whether the secrets for it are there. Nobody is called. */
import { unusableSecrets } from '../../acknowledgements/secrets.js';
import { broken, note, ok, type Finding } from './finding.js';
import type { AcknowledgementSettings } from '../../acknowledgements/policy.js';

export function checkAcknowledgements(settings: AcknowledgementSettings): Finding[] {
  const { bySource, callbacks } = settings;
  const noted = Object.entries(bySource).filter(([, { pagerduty }]) => pagerduty);
  return [
    callbacks
      ? ok(`callbacks may go to ${callbacks.allowedOrigins.join(', ') || 'no host yet'}`)
      : note('no callbacks: a message that asks for one is refused'),
    ...noted.map(([source]) => ok(`incidents of ${source} get notes in PagerDuty`)),
    ...unusableSecrets(settings).map((fault) =>
      broken(
        fault,
        'Acknowledgements wait meanwhile; what is still unsent after a day is given up.',
      ),
    ),
  ];
}

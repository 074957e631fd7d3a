/** Checks what `contentRetention` needs: a directory of keys that this user may use, and nobody else. */
import { stat } from 'node:fs/promises';
import type { ContentRetention } from '../../config/contentRetention.js';
import { formatDuration } from '../../lib/formatDuration.js';
import { directoryFault } from '../../start/privateDirectory.js';
import { endedKeys } from '../../temporal/erasure/seal.js';
import { KeyDirectory } from '../../temporal/erasure/keyDirectory.js';
import { noEncryption } from '../../temporal/encryption/contentEncryption.js';
import { broken, note, ok, type Finding } from './finding.js';

export async function checkContentRetention({
  bySourceMs,
  defaultMs,
  keyDirectory,
}: ContentRetention): Promise<Finding[]> {
  const retentions = [
    ...(defaultMs === undefined ? [] : [formatDuration(defaultMs)]),
    ...Object.entries(bySourceMs).map(([source, ms]) => `${source}: ${formatDuration(ms)}`),
  ];
  const applied =
    retentions.length === 0
      ? ok('content is kept for as long as Temporal keeps the message')
      : ok(`content is erased after its day and: ${retentions.join('; ')}`);
  const found = await stat(keyDirectory).catch(() => undefined);
  if (!found) {
    if (retentions.length === 0) return [applied];
    return [
      applied,
      note(
        `the directory of its keys, ${keyDirectory}, is made with the first message`,
        'If messages were accepted before, this is another directory than theirs: set contentRetention.keyDirectory.',
      ),
    ];
  }
  const user = process.getuid?.();
  const fault = user === undefined ? undefined : directoryFault(found, user);
  const names = await new KeyDirectory(keyDirectory, noEncryption().codec).names();
  const late = endedKeys(names, Date.now());
  return [
    applied,
    fault === undefined
      ? ok(`${names.length} keys of days in ${keyDirectory}`)
      : broken(
          `the directory of its keys, ${keyDirectory}: ${fault}`,
          `Make it the product’s alone: chmod 700 ${keyDirectory}.`,
        ),
    ...(late.length === 0
      ? []
      : [
          note(
            `${late.length} keys are there whose time is over`,
            'A running API or worker with this directory destroys them within minutes.',
          ),
        ]),
  ];
}

import { expect, it } from 'vitest';
import { differingFields, fingerprint } from '../../src/acceptance/fingerprint.js';
import { messageSchema, type contentSchema } from '../../src/domain/message.js';

const CONTENT = { text: 'Disk full' };
const hashes = (content: object) =>
  fingerprint(
    messageSchema.parse({
      deduplicationKey: 'disk-full',
      destinations: ['slack:default/C0123ABC'],
      content: { ...CONTENT, ...content },
    }),
  );
const differences = (one: object, other: object) => differingFields(hashes(one), hashes(other));

const DIFFERENT: Record<keyof (typeof contentSchema)['shape'], [unknown, unknown]> = {
  text: ['Disk full', 'Disk full again'],
  title: [undefined, 'Disk'],
  severity: ['warning', 'critical'],
  mentions: [undefined, { here: true }],
};

it.each(Object.entries(DIFFERENT))('another content.%s is other content', (field, [one, other]) => {
  expect(differences({ [field]: one }, { [field]: other })).toEqual([`content.${field}`]);
  expect(differences({ [field]: other }, { [field]: one })).toEqual([`content.${field}`]);
});

it('other people are other content, and the order in which they are listed is not', () => {
  const users = (...names: string[]) => ({ mentions: { users: names } });
  expect(differences(users('U0123ABC'), users('U0456DEF'))).toEqual(['content.mentions']);
  expect(differences(users('U0123ABC', 'U0456DEF'), users('U0456DEF', 'U0123ABC'))).toEqual([]);
});

it('a message that mentions nobody has the fields that earlier releases compare', () => {
  expect(Object.keys(hashes({}))).toEqual([
    'destinations',
    'content.text',
    'content.title',
    'content.severity',
    'correlation.source',
    'correlation.reference',
    'correlation.url',
  ]);
});

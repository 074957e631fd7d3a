import { expect, it } from 'vitest';
import {
  ignoredFields,
  settingsOf,
  settingsWithoutContent,
} from '../../src/acceptance/settings.js';
import { messageSchema } from '../../src/domain/message.js';

const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();

const MESSAGE = {
  deduplicationKey: 'duplicate',
  destinations: ['slack:default/C0123ABC'],
  content: { text: 'x' },
};

const settings = (more: object = {}) => settingsOf(messageSchema.parse({ ...MESSAGE, ...more }));

it.each<[string, object]>([
  ['deliverAt', { deliverAt: IN_AN_HOUR }],
  ['expiresAt', { expiresAt: IN_AN_HOUR }],
  ['priority', { priority: 1 }],
  ['onAmbiguous', { onAmbiguous: 'dead_letter' }],
  ['content.mentions', { content: { text: 'x', mentions: { here: true } } }],
  ['retryProfile', { retryProfile: 'patient' }],
  ['acknowledge', { acknowledge: { url: 'https://hooks.example.com/' } }],
  [
    'destinations.fallback',
    {
      destinations: [
        { destination: 'slack:default/C0123ABC', fallback: ['slack:default/C0DEV0001'] },
      ],
    },
  ],
])('a duplicate that differs in %s is told so, whichever of the two has it', (field, more) => {
  expect(ignoredFields({ settings: settings() }, settings(more))).toEqual([field]);
  expect(ignoredFields({ settings: settings(more) }, settings())).toEqual([field]);
  expect(ignoredFields({ settings: settings(more) }, settings(more))).toEqual([]);
});

it('an original that was rescheduled is compared by its present times', () => {
  const original = { settings: settings(), schedule: { deliverAt: IN_AN_HOUR, expiresAt: null } };
  expect(ignoredFields(original, settings({ deliverAt: IN_AN_HOUR }))).toEqual([]);
  expect(ignoredFields(original, settings())).toEqual(['deliverAt']);
});

it('an original of an earlier release, whose fields are unknown, says nothing', () => {
  expect(ignoredFields({}, settings({ priority: 1 }))).toEqual([]);
});

it('an original of an earlier release, which did not keep whom it mentions, says nothing of that', () => {
  const earlier = settingsWithoutContent(settings());
  const mentions = { content: { text: 'x', mentions: { users: ['U0123ABC'] } } };
  expect(ignoredFields({ settings: earlier }, settings(mentions))).toEqual([]);
});

it('the order in which people are mentioned makes no difference', () => {
  const mentioning = (...users: string[]) =>
    settings({ content: { text: 'x', mentions: { users } } });
  const original = { settings: mentioning('U0123ABC', 'U0456DEF') };
  expect(ignoredFields(original, mentioning('U0456DEF', 'U0123ABC'))).toEqual([]);
});

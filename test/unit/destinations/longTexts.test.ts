/** The longest texts of one kind of character: one message must not keep a worker busy, which delivers those of others too. */
import { describe, it } from 'vitest';
import { renderForDiscord } from '../../../src/destinations/discord/render.js';
import { renderForGoogleChat } from '../../../src/destinations/google-chat/render.js';
import { renderForMattermost } from '../../../src/destinations/mattermost/render.js';
import { renderForTeams } from '../../../src/destinations/teams/render.js';
import { renderForTeamsWebhook } from '../../../src/destinations/teams-webhook/render.js';
import { expectProcessorMsBelow } from '../../processorTime.js';
import { messageToShow } from './messageToShow.js';

const LENGTH = 100_000;
const NO_BREAK_SPACE = '\u00A0';

const TEXTS: Record<string, string> = {
  'spaces between two words': `a${' '.repeat(LENGTH)}b`,
  'spaces in bold': `**a${NO_BREAK_SPACE.repeat(LENGTH)}b**`,
  tabs: `a${'\t'.repeat(LENGTH)}b`,
  'bold between spaces': `**a**${' '.repeat(LENGTH)}**b**`,
  'line breaks': `a${'\n'.repeat(LENGTH)}b`,
  backslashes: '\\'.repeat(LENGTH),
  'one word': 'a'.repeat(LENGTH),
  'words in code': '`a'.repeat(LENGTH / 3),
  'words struck out': '~~a'.repeat(LENGTH / 6),
};

const PLATFORMS: Record<string, (text: string) => unknown> = {
  discord: (text) => renderForDiscord(messageToShow({ text }), 'https://mark.example', undefined),
  mattermost: (text) => renderForMattermost(messageToShow({ text }), 16_383, undefined),
  'google-chat': (text) => renderForGoogleChat(messageToShow({ text }), 'app'),
  teams: (text) => renderForTeams(messageToShow({ text }), 'id'),
  'teams-webhook': (text) => renderForTeamsWebhook(messageToShow({ text }), 'id'),
};

describe.each(Object.entries(PLATFORMS))('%s', (_platform, render) => {
  it.each(Object.entries(TEXTS))('shows %s in a moment', (_kind, text) => {
    expectProcessorMsBelow(2_000, () => render(text));
  });
});

import { describe, expect, it } from 'vitest';
import { textOf } from '../../../src/destinations/document/document.js';
import { withEmoji } from '../../../src/destinations/document/emoji.js';
import { parseDocument } from '../../../src/destinations/document/parseDocument.js';
import { slackPosts } from '../../../src/destinations/slack/posts.js';
import { renderForTeams } from '../../../src/destinations/teams/render.js';
import { renderForTeamsWebhook } from '../../../src/destinations/teams-webhook/render.js';
import { messageToShow } from './messageToShow.js';

function textOfMarkdown(markdown: string): string {
  const [block] = parseDocument(markdown);
  return block?.kind === 'paragraph' ? textOf(block.runs) : '';
}

describe('codes of emoji', () => {
  it.each([
    [':warning:', '⚠️'],
    [':fire::fire:', '🔥🔥'],
    ['(:x:)', '(❌)'],
    ['警告:warning:です', '警告⚠️です'],
    [':+1: :-1: :100:', '👍 👎 💯'],
    [':large_green_circle: :robot_face:', '🟢 🤖'],
    [':wave::skin-tone-4:', '👋🏽'],
    [':octagonal_sign: :satellite: :satellite_antenna:', '🛑 🛰️ 📡'],
    [':flag-us: :flag-de: :flag-jp:', '🇺🇸 🇩🇪 🇯🇵'],
    [':man-shrugging: :woman-facepalming: :man-running:', '🤷‍♂️ 🤦‍♀️ 🏃‍♂️'],
    [':female-cook: :male-doctor: :female-police-officer:', '👩‍🍳 👨‍⚕️ 👮‍♀️'],
    [':lightning: :rain_cloud: :tornado_cloud: :keycap_star:', '🌩️ 🌧️ 🌪️ *️⃣'],
    [':double_vertical_bar: :black_square_for_stop: :eject:', '⏸️ ⏹️ ⏏️'],
    [':white_check_mark: and :rotating_light:', '✅ and 🚨'],
  ])('%j become %j', (text, shown) => {
    expect(withEmoji(text)).toBe(shown);
    expect(textOfMarkdown(text)).toBe(shown);
  });

  it.each([
    '12:30:45',
    'at :30: or 2026-11-25T20:00:00',
    'a:b:c',
    'a:fire:b',
    'x:fire:',
    'std::fire::vector',
    '::warning::',
    ':party-parrot:',
    ':flag-team: :man-from-mars: :female-:',
    ':constructor: :__proto__: :toString:',
    'fe80::a:b:1',
    'key: value: more',
    ':',
    '::',
  ])('%j stays as it is', (text) => {
    expect(withEmoji(text)).toBe(text);
    expect(textOfMarkdown(text.replaceAll('_', String.raw`\_`))).toBe(text);
  });

  it('are text in code and where they are escaped', () => {
    expect(textOfMarkdown('`:fire:` \\:fire:')).toBe(':fire: :fire:');
    const code = parseDocument('```\n:fire:\n```');
    expect(code).toEqual([{ kind: 'code', text: ':fire:' }]);
  });

  it('are emoji in titles on every platform', () => {
    const message = messageToShow({ title: ':fire: Disk full', text: 'words' });
    expect(JSON.stringify(slackPosts(message, 'parts'))).not.toContain(':fire:');
    expect(renderForTeams(message, 'id').html).toContain('<h1>🔥 Disk full</h1>');
    expect(renderForTeamsWebhook(message, 'id').body).toContain('🔥 Disk full');
  });

  it('of a workspace’s own emoji are left to Slack', () => {
    const message = messageToShow({ text: 'a :party-parrot:' });
    expect(JSON.stringify(slackPosts(message, 'parts').posts[0]?.blocks)).toContain(
      '{"type":"emoji","name":"party-parrot"}',
    );
  });
});

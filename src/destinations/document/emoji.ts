/** Codes for emoji, as `:warning:`, which Slack made usual in chat. */
import { nameToEmoji } from 'gemoji';
import type { StateInline } from 'markdown-it';
import { own } from '../../lib/own.js';

const CODE = /:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?/y;
/** A colon after a word, or one of several, begins no code: `12:30:45`, `a:b:c`, `std::vector`. */
const BEFORE_CODE = /(?:^|[^A-Za-z0-9_:])$/;
const AFTER_CODE = /^(?![A-Za-z0-9_])/;
/** Names of a workspace's own emoji: with a letter, so that times and numbers are none. */
const CUSTOM_NAME = /^[a-z][a-z0-9_'-]+$/;

/** Slack's names that differ from those of the list: https://github.com/iamcal/emoji-data */
const SLACK_NAMES: Record<string, string> = {
  large_green_circle: 'green_circle',
  large_yellow_circle: 'yellow_circle',
  large_orange_circle: 'orange_circle',
  large_purple_circle: 'purple_circle',
  large_brown_circle: 'brown_circle',
  large_red_square: 'red_square',
  large_green_square: 'green_square',
  large_yellow_square: 'yellow_square',
  large_orange_square: 'orange_square',
  large_blue_square: 'blue_square',
  robot_face: 'robot',
  thinking_face: 'thinking',
  face_with_rolling_eyes: 'roll_eyes',
  simple_smile: 'slightly_smiling_face',
  octagonal_sign: 'stop_sign',
  satellite: 'artificial_satellite',
  satellite_antenna: 'satellite',
  lightning: 'cloud_with_lightning',
  rain_cloud: 'cloud_with_rain',
  tornado_cloud: 'tornado',
  spiral_calendar_pad: 'spiral_calendar',
  double_vertical_bar: 'pause_button',
  black_square_for_stop: 'stop_button',
  eject: 'eject_button',
  rolling_on_the_floor_laughing: 'rofl',
  keycap_star: 'asterisk',
  face_palm: 'facepalm',
  'male-doctor': 'man_health_worker',
  'female-doctor': 'woman_health_worker',
  'male-police-officer': 'policeman',
  'female-police-officer': 'policewoman',
  'male-guard': 'guardsman',
  'female-guard': 'guardswoman',
};

interface EmojiCode {
  /** As written: `:warning:`. */
  code: string;
  name: string;
  /** Undefined where Unicode has no emoji of this name. */
  character: string | undefined;
}

function codeAt(text: string, index: number): EmojiCode | undefined {
  CODE.lastIndex = index;
  const match = CODE.exec(text);
  if (!match) return undefined;
  const [code, name = '', tone] = match;
  if (!AFTER_CODE.test(text.slice(index + code.length, index + code.length + 1))) return undefined;
  const character = characterNamed(name);
  if (character === undefined && (tone !== undefined || !CUSTOM_NAME.test(name))) return undefined;
  return { code, name, character: character && character + skinTone(tone) };
}

function characterNamed(name: string): string | undefined {
  return own(nameToEmoji, own(SLACK_NAMES, name) ?? name) ?? flagNamed(name) ?? personNamed(name);
}

/** As `flag-de`: the letters of the country as regional indicators. */
function flagNamed(name: string): string | undefined {
  const country = /^flag-([a-z]{2})$/.exec(name)?.[1];
  const letters = Array.from(country ?? '', (letter) => letter.charCodeAt(0) - 'a'.charCodeAt(0));
  return country && String.fromCodePoint(...letters.map((letter) => 0x1f1e6 + letter));
}

/** As `man-shrugging` and `female-cook`, which the list has as `man_shrugging` and `woman_cook`, or as `running_man`. */
function personNamed(name: string): string | undefined {
  const [, sex = '', rest = ''] = /^(man|woman|male|female)-(.+)$/.exec(name) ?? [];
  if (rest === '') return undefined;
  const person = sex === 'man' || sex === 'male' ? 'man' : 'woman';
  const what = rest.replaceAll('-', '_');
  const names = [`${person}_${what}`, `${what}_${person}`, `${sex}_${what}`];
  return names.map((each) => own(nameToEmoji, each)).find((each) => each !== undefined);
}

function skinTone(tone: string | undefined): string {
  return tone === undefined ? '' : String.fromCodePoint(0x1f3fb + Number(tone) - 2);
}

/** Text that isn't Markdown, with the emoji instead of their codes. Names that Unicode doesn't know stay. */
export function withEmoji(text: string): string {
  let written = '';
  let index = 0;
  let afterCode = false;
  while (index < text.length) {
    const found: EmojiCode | undefined =
      text[index] === ':' && (afterCode || BEFORE_CODE.test(text.slice(0, index).slice(-1)))
        ? codeAt(text, index)
        : undefined;
    afterCode = found?.character !== undefined;
    const next = found?.character === undefined ? (text[index] ?? '') : found.code;
    written += found?.character ?? next;
    index += next.length;
  }
  return written;
}

/** A rule of the Markdown parser: a code becomes a token `emoji`, its content the emoji, its `info` the name of a custom one. */
export function emojiRule(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== ':') return false;
  const afterCode = state.pending === '' && state.tokens.at(-1)?.type === 'emoji';
  const before = state.src.slice(0, state.pos).slice(-1);
  if (!afterCode && !BEFORE_CODE.test(before)) return false;
  const found = codeAt(state.src, state.pos);
  if (!found || state.pos + found.code.length > state.posMax) return false;
  if (!silent) {
    const token = state.push('emoji', '', 0);
    token.content = found.character ?? found.code;
    token.markup = found.code;
    token.info = found.character === undefined ? found.name : '';
  }
  state.pos += found.code.length;
  return true;
}

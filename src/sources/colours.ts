import type { Severity } from '../domain/message.js';

/** The names that Slack and Adaptive Cards have. */
const NAMES = new Map<string, Severity>([
  ['danger', 'critical'],
  ['attention', 'critical'],
  ['warning', 'warning'],
  ['good', 'ok'],
]);

/** Of 255. A colour with a smaller difference between its parts is grey to people. */
const LEAST_CHROMA = 40;

/** What tools mean by a colour, as `danger` or `#D63232`: red, orange and yellow, or green. Others mean nothing. */
export function severityOfColour(colour: string | undefined): Severity | undefined {
  const name = colour?.trim().toLowerCase() ?? '';
  const hue = hueOf(name);
  if (hue === undefined) return NAMES.get(name);
  if (hue < 20 || hue >= 340) return 'critical';
  if (hue < 70) return 'warning';
  return hue >= 80 && hue < 170 ? 'ok' : undefined;
}

/** In degrees, of a colour as `#D63232`, `D63232` or `#D33`. */
function hueOf(colour: string): number | undefined {
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/.exec(colour)?.[1];
  if (digits === undefined) return undefined;
  const pairs = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits;
  const [red = 0, green = 0, blue = 0] = (pairs.match(/../g) ?? []).map((pair) =>
    parseInt(pair, 16),
  );
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (chroma < LEAST_CHROMA) return undefined;
  const sixth =
    most === red
      ? (green - blue) / chroma
      : most === green
        ? 2 + (blue - red) / chroma
        : 4 + (red - green) / chroma;
  return (sixth * 60 + 360) % 360;
}

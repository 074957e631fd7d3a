/** A line chart as SVG, readable on light and dark pages. */

export interface Series {
  name: string;
  /** In the order of x. */
  points: readonly (readonly [x: number, y: number])[];
  /** Drawn as an expected curve, not as a measured one. */
  reference?: boolean;
}

export interface Chart {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 360;
const MARGIN = { top: 56, right: 24, bottom: 48, left: 60 };
const TICKS = 5;
/** Distinguishable with colour blindness: https://jfly.uni-koeln.de/color/ */
const COLOURS = ['#0072b2', '#d55e00', '#009e73'];
const REFERENCE_COLOUR = '#888';

/** Throws a RangeError where there are no points. */
export function lineChart({ title, xLabel, yLabel, series }: Chart): string {
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) throw new RangeError('A chart needs at least one point.');
  const xEnd = roundUp(Math.max(...points.map(([x]) => x)));
  const yEnd = roundUp(Math.max(...points.map(([, y]) => y)));
  const across = (x: number): number =>
    MARGIN.left + (x / xEnd) * (WIDTH - MARGIN.left - MARGIN.right);
  const up = (y: number): number =>
    HEIGHT - MARGIN.bottom - (y / yEnd) * (HEIGHT - MARGIN.top - MARGIN.bottom);

  const lines = series.map(({ points: own, reference }, index) => {
    const path = own.map(([x, y]) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(' ');
    const dashes = reference ? ' stroke-dasharray="6 4"' : '';
    return `<polyline points="${path}" fill="none" stroke="${colourOf(series, index)}" stroke-width="2"${dashes}/>`;
  });
  const grid = ticks(yEnd).map(
    (y) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${up(y)}" y2="${up(y)}"/>` +
      text(MARGIN.left - 8, up(y) + 4, String(y), 'end'),
  );
  const below = ticks(xEnd).map((x) => text(across(x), HEIGHT - MARGIN.bottom + 18, String(x)));
  const legend = series.map(({ name }, index) => {
    const x = MARGIN.left + index * 190;
    return (
      `<rect x="${x}" y="34" width="14" height="4" fill="${colourOf(series, index)}"/>` +
      text(x + 20, 40, name, 'start')
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    '<style>text{font:12px sans-serif;fill:#222}.grid{stroke:#ddd}@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}}</style>',
    `<text x="${MARGIN.left}" y="20" style="font-size:15px;font-weight:bold">${escape(title)}</text>`,
    ...legend,
    ...grid,
    ...below,
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 8, xLabel),
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function colourOf(series: readonly Series[], index: number): string {
  if (series[index]?.reference) return REFERENCE_COLOUR;
  const before = series.slice(0, index).filter(({ reference }) => !reference).length;
  return COLOURS[before % COLOURS.length] ?? REFERENCE_COLOUR;
}

/** Rounds up to 1, 2 or 5 times a power of ten, so that the ticks are round numbers. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function ticks(end: number): number[] {
  return Array.from({ length: TICKS + 1 }, (_, index) => (index * end) / TICKS);
}

function text(x: number, y: number, content: string, anchor = 'middle'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

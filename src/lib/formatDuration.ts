const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** The two largest units, as `1h 4m` or `38m 31s`; below a minute `2.5s`, below a second `120ms`. */
export function formatDuration(durationMs: number): string {
  const rounded = Math.round(durationMs);
  if (rounded < 1_000) return `${rounded}ms`;
  if (rounded < 60_000) return `${Number((rounded / 1_000).toFixed(1))}s`;
  const first = UNITS.findIndex(([, unitMs]) => rounded >= unitMs);
  let rest = rounded;
  return UNITS.slice(first, first + 2)
    .flatMap(([name, unitMs]) => {
      const count = Math.floor(rest / unitMs);
      rest -= count * unitMs;
      return count === 0 ? [] : [`${count}${name}`];
    })
    .join(' ');
}

import type { Shortening } from './delivery.js';

/** As `shortened: 12,345 of 30,000 characters are shown`. */
export function describeShortening({ shown, of }: Shortening): string {
  return `shortened: ${inThousands(shown)} of ${inThousands(of)} characters are shown`;
}

const inThousands = (count: number): string => count.toLocaleString('en');

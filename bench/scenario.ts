import type { Logger } from 'pino';

/** What every scenario is given. */
export interface ScenarioContext {
  /** Fewer messages and repetitions: for a look, not for a figure to quote. */
  quick: boolean;
  /** Tells the person who waits how far it is. */
  progress: (line: string) => void;
  log: Logger;
}

export interface ScenarioReport {
  /** For programs, as JSON. */
  figures: object;
  /** For people. */
  table: string;
  /** As SVG, where a picture says more. */
  chart?: string;
}

/** One thing to measure: a folder or file of its own, and an entry in `main.ts`. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  run(context: ScenarioContext): Promise<ScenarioReport>;
}

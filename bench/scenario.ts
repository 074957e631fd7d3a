import type { Logger } from 'pino';

/** The context of a scenario's run. */
export interface ScenarioContext {
  /** Fewer messages and repetitions: for a quick check, not for figures to publish. */
  quick: boolean;
  /** How many messages, where the scenario lets that be chosen. */
  messages?: number | undefined;
  /** How much of one processor each worker gets, where the scenario lets that be chosen. */
  share?: number | undefined;
  /** Reports progress to the user. */
  progress: (line: string) => void;
  log: Logger;
}

export interface ScenarioReport {
  /** For programs, as JSON. */
  figures: object;
  /** For people. */
  table: string;
  /** As SVG, where the scenario has a chart. */
  chart?: string;
}

/** One benchmark: a file of its own, and an entry in `main.ts`. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  run(context: ScenarioContext): Promise<ScenarioReport>;
}

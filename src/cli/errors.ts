/** How a command fails: each error with the exit code that it ends in, and with what `--json` shows of it. */
import type { z } from 'zod';
import { ExitCode } from './exitCode.js';
import type { problemSchema } from '../api/schema/problem.js';

export type ProblemDocument = z.infer<typeof problemSchema>;

/** The message is for the person at the terminal: what happened, and the remedy. */
export abstract class CommandError extends Error {
  abstract readonly exitCode: ExitCode;
  /** Stable, as a problem document's. */
  abstract readonly type: string;

  /** A problem document, the API's own or one in its form. */
  toJSON(): object {
    return { type: this.type, detail: this.message };
  }
}

/** The command was not given what it needs. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  readonly exitCode = ExitCode.usage;
  readonly type = 'usage';
}

/** Something that was asked for could not be done. */
export class FailureError extends CommandError {
  override readonly name = 'FailureError';
  readonly exitCode = ExitCode.failed;
  readonly type = 'failed';
}

/** Nobody answered, or not sendproof's API. */
export class UnreachableError extends CommandError {
  override readonly name = 'UnreachableError';
  readonly exitCode = ExitCode.unreachable;
  readonly type = 'api_unreachable';
}

/** The API answered with a problem document. */
export class ApiProblem extends CommandError {
  override readonly name = 'ApiProblem';
  readonly exitCode = ExitCode.failed;
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    // A 400's detail repeats its field errors, which are shown one by one.
    super(problem.status === 400 && problem.errors ? problem.title : problem.detail);
    this.problem = problem;
  }

  get type(): string {
    return this.problem.type;
  }

  /** The API is there but can't work at the moment: asking again later may help. */
  get passing(): boolean {
    return this.problem.status === 503;
  }

  override toJSON(): object {
    return this.problem;
  }
}

/** The errors of commands, each with its exit code and its JSON for `--json`. */
import type { z } from 'zod';
import { ExitCode } from './exitCode.js';
import type { problemSchema } from '../api/schema/problem.js';

export type ProblemDocument = z.infer<typeof problemSchema>;

/** The message tells the person at the terminal the cause and the remedy. */
export abstract class CommandError extends Error {
  abstract readonly exitCode: ExitCode;
  /** A stable name, like the type of a problem document. */
  abstract readonly type: string;

  /** A problem document: the API's own, or one with the same fields. */
  toJSON(): object {
    return { type: this.type, detail: this.message };
  }
}

/** The command line or the environment is not valid. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  readonly exitCode = ExitCode.usage;
  readonly type = 'usage';
}

/** The command failed without a problem document from the API. */
export class FailureError extends CommandError {
  override readonly name = 'FailureError';
  readonly exitCode = ExitCode.failed;
  readonly type = 'failed';
}

/** The API did not answer, or another server did. */
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

  /** The API is temporarily unavailable: a later request may succeed. */
  get temporary(): boolean {
    return this.problem.status === 503;
  }

  override toJSON(): object {
    return this.problem;
  }
}

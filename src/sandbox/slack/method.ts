import type { Surroundings, Answer } from '../call.js';
import type { SlackArguments } from './arguments.js';

/** What a method is given: its arguments, and the workspace to work on. */
export interface MethodContext extends Surroundings {
  args: SlackArguments;
}

/** What a method answers besides `ok: true`; `post` where it made one. */
export interface MethodResult {
  body: Record<string, unknown>;
  post?: Answer['post'];
}

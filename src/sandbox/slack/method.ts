import type { SandboxState, Answer } from '../call.js';
import type { SlackArguments } from './arguments.js';
import type { SlackCredentials } from './credentials.js';
import type { WorkspaceSettings } from './workspace.js';

/** The arguments of a method, and the state that it works on. */
export interface MethodContext extends SandboxState {
  args: SlackArguments;
  credentials: SlackCredentials;
  workspace: WorkspaceSettings;
}

/** A method's answer besides `ok: true`; `post` where it made one. */
export interface MethodResult {
  body: Record<string, unknown>;
  post?: Answer['post'];
}

/** The sandbox's Slack workspace and the app in it. */
import type { People } from './people.js';

export const SLACK_WORKSPACE = {
  url: 'https://sandbox.slack.example/',
  team: 'Sandbox',
  teamId: 'T0SANDBOX',
  user: 'sendproof',
  userId: 'U0SANDBOX',
  botId: 'B0SANDBOX',
  appId: 'A0SANDBOX',
} as const;

/** What the workspace's owners have set. */
export interface WorkspaceSettings {
  /** How long a message can be edited after it was posted; Infinity for ever. */
  editWindowMs: number;
  people: People;
}

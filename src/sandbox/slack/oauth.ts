/** Token rotation: https://docs.slack.dev/reference/methods/oauth.v2.access */
import { SlackError } from './arguments.js';
import {
  SLACK_CLIENT_ID,
  SLACK_CLIENT_SECRET,
  SLACK_TOKEN_LIFETIME_SECONDS,
} from './credentials.js';
import type { MethodContext, MethodResult } from './method.js';
import { SLACK_WORKSPACE } from './workspace.js';

/** Only the grant of refresh tokens: nobody installs an app in the sandbox. */
export function oauthAccess({ args, credentials }: MethodContext): MethodResult {
  if (args.text('client_id') !== SLACK_CLIENT_ID) throw new SlackError('invalid_client_id');
  if (args.text('client_secret') !== SLACK_CLIENT_SECRET) throw new SlackError('bad_client_secret');
  const grant = args.text('grant_type') ?? 'authorization_code';
  if (grant === 'authorization_code') throw new SlackError('invalid_code');
  if (grant !== 'refresh_token') throw new SlackError('invalid_grant_type');
  const { accessToken, refreshToken } = credentials.exchange(args.text('refresh_token'));
  const { appId, team, teamId, userId } = SLACK_WORKSPACE;
  return {
    body: {
      access_token: accessToken,
      refresh_token: refreshToken,
      expires_in: SLACK_TOKEN_LIFETIME_SECONDS,
      token_type: 'bot',
      scope: credentials.scopes.join(','),
      bot_user_id: userId,
      app_id: appId,
      team: { id: teamId, name: team },
      enterprise: null,
      is_enterprise_install: false,
    },
  };
}

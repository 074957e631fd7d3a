/** People, and the direct messages with them: `users.lookupByEmail`, `conversations.open`. */
import type { Place } from '../places.js';
import { SlackError } from './arguments.js';
import type { MethodContext, MethodResult } from './method.js';
import type { Person } from './people.js';
import { SLACK_WORKSPACE } from './workspace.js';

/** https://docs.slack.dev/reference/methods/users.lookupByEmail */
export function lookupByEmail({ args, workspace }: MethodContext): MethodResult {
  const person = workspace.people.withEmail(args.required('email'));
  if (!person) throw new SlackError('users_not_found');
  const { bot, deleted, email, id, name } = person;
  const profile = { real_name: name, display_name: name, email };
  const user = { id, team_id: SLACK_WORKSPACE.teamId, name, deleted, is_bot: bot, profile };
  return { body: { user } };
}

/** https://docs.slack.dev/reference/methods/conversations.open, for one person. */
export function openConversation(context: MethodContext): MethodResult {
  const { args, workspace } = context;
  const [id = '', ...others] = args.required('users').split(',');
  if (others.length > 0) throw new SlackError('too_many_users');
  const person = workspace.people.withId(id);
  if (!person) throw new SlackError('user_not_found');
  return { body: { channel: { id: directMessagesWith(context, person).path } } };
}

/** @throws SlackError `user_disabled` or `cannot_dm_bot` */
export function directMessagesWith({ places }: MethodContext, person: Person): Place {
  if (person.deleted) throw new SlackError('user_disabled');
  if (person.bot) throw new SlackError('cannot_dm_bot');
  const path = `D${person.id.slice(1)}`;
  return places.find('slack', path) ?? places.put({ platform: 'slack', path, name: person.name });
}

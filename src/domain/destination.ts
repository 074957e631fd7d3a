import { z } from 'zod';
import { hiddenCharacter, INVISIBLE, utf8Length } from '../lib/text.js';
import type { AccountParts } from './account.js';

/** `<platform>:<account>/<path>`, as `slack:default/C0123ABC`. */
export type Destination = `${string}:${string}/${string}`;

const DESTINATION = new RegExp(
  `^(?<platform>[a-z][a-z0-9-]*):(?<account>[A-Za-z0-9_.-]+)/(?<path>[^\\s"'\\\\${INVISIBLE}]+)$`,
  'u',
);

/** The id of its dead-letter queue has four bytes more, and Temporal servers may limit ids to 255. */
const LONGEST = 250;

export const destinationSchema = z
  .string()
  .max(LONGEST, `must be at most ${LONGEST} characters`)
  .refine((text) => text.length > LONGEST || utf8Length(text) <= LONGEST, {
    error: `must be at most ${LONGEST} bytes of UTF-8`,
  })
  .refine((text): text is Destination => DESTINATION.test(text), {
    error: 'must have the form <platform>:<account>/<channel>, as slack:default/C0123ABC',
  })
  .refine((text) => !DESTINATION.test(text) || hiddenCharacter(text) === undefined, {
    error: 'must not have characters that nobody sees',
  })
  .meta({
    id: 'Destination',
    description:
      'A channel or chat on one platform, reached through one account: `slack:<account>/<channel id>`, `teams:<account>/<team id>/<channel id>`, `teams:<account>/chats/<chat id>`, `teams-webhook:<account>/<name>`, `google-chat:<account>/<space id>`, `google-chat-webhook:<account>/<name>`, `discord:<account>/<channel id>`, `discord-webhook:<account>/<name>`, `mattermost:<account>/<channel id>`, `mattermost-webhook:<account>/<name>`, `webhook:<account>/<name>`.',
    examples: ['slack:default/C0123ABC'],
  });

export interface DestinationParts extends AccountParts {
  /** What the platform is asked for, as `C0123ABC`. */
  path: string;
}

/** A destination as plans and activity inputs record it: parsed at acceptance. */
export interface RecordedDestination {
  destination: Destination;
  /** Absent from what earlier releases recorded. */
  parts?: DestinationParts | undefined;
}

/** Takes a destination apart. Throws on text that `destinationSchema` refuses. */
export function parseDestination(destination: Destination): DestinationParts {
  const groups = DESTINATION.exec(destination)?.groups;
  if (!groups) throw new TypeError(`not a destination: ${destination}`);
  const { platform, account, path } = groups as unknown as DestinationParts;
  return { platform, account, path };
}

export function partsOf({ destination, parts }: RecordedDestination): DestinationParts {
  return parts ?? parseDestination(destination);
}

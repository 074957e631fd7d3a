/** The channels, chats, webhooks and incidents that exist in the sandbox. */
import { z } from 'zod';
import { SANDBOX_PLATFORMS, type SandboxPlatform } from './posts.js';

/** What a place's path looks like on its platform. */
const PATH_FORMS: Record<SandboxPlatform, { form: RegExp; description: string }> = {
  slack: {
    // Public and private channels, direct messages: https://docs.slack.dev/reference/objects/conversation-object
    form: /^[CGD][A-Z0-9]{6,}$/,
    description: 'a Slack channel id, as C0123ABC (C, G or D and at least six of A–Z, 0–9)',
  },
  teams: {
    form: /^[^\s/?#]+\/[^\s/?#]+$/,
    description: '<team id>/<channel id> or chats/<chat id>',
  },
  'teams-webhook': {
    form: /^[^\s/?#]+$/,
    description: 'the name of a webhook',
  },
  'google-chat': {
    form: /^[A-Za-z0-9_-]{1,64}$/,
    description: 'the id of a space, as AAAAMpdlehY',
  },
  webhook: {
    form: /^[^\s/?#]+$/,
    description: 'the name of a receiver',
  },
  pagerduty: {
    form: /^[A-Z0-9]{1,40}$/,
    description: 'the id of an incident, as Q1A2B3C4D5',
  },
};

const displayName = z.string().trim().min(1).max(80);

export const placeSchema = z
  .strictObject({
    platform: z.enum(SANDBOX_PLATFORMS),
    path: z.string().max(300).meta({ description: 'As in a destination, as `C0123ABC`.' }),
    name: displayName.optional().meta({ description: 'The display name.' }),
    teamName: displayName.optional(),
    member: z.boolean().default(true).meta({
      description: 'Whether the account may read and post there.',
    }),
    archived: z.boolean().default(false),
  })
  .superRefine(({ platform, path }, context) => {
    if (isWellFormed(platform, path)) return;
    context.addIssue({
      code: 'custom',
      path: ['path'],
      message: `must be ${PATH_FORMS[platform].description}`,
    });
  });

/** A channel, chat, webhook or incident. */
export type Place = z.output<typeof placeSchema>;
/** A place as it is created: fields with a default are optional. */
export type PlaceInput = z.input<typeof placeSchema>;

function isWellFormed(platform: SandboxPlatform, path: string): boolean {
  return PATH_FORMS[platform].form.test(path);
}

export const SEEDED_TEAM = '0a1b2c3d-0000-4000-8000-000000000001';

/** A space of Google Chat. */
export const SEEDED_SPACE = 'AAAAOPS0001';

const SEED: PlaceInput[] = [
  { platform: 'slack', path: 'C0123ABC', name: 'ops' },
  { platform: 'slack', path: 'C0DEV0001', name: 'deploys' },
  {
    platform: 'teams',
    path: `${SEEDED_TEAM}/19:incidents@thread.tacv2`,
    name: 'Incidents',
    teamName: 'Operations',
  },
  { platform: 'teams', path: 'chats/19:oncall@thread.v2', name: 'On call' },
  { platform: 'teams-webhook', path: 'incidents', name: 'incidents' },
  { platform: 'google-chat', path: SEEDED_SPACE, name: 'Operations' },
  { platform: 'webhook', path: 'status', name: 'status page' },
];

export class Places {
  readonly #places = new Map<string, Place>();
  readonly #open: boolean;

  /** @param open whether every well-formed place exists as soon as it is requested */
  constructor(open: boolean) {
    this.#open = open;
    this.reset();
  }

  /**
   * Creates the place, or replaces an existing one.
   *
   * @throws ZodError when it is malformed
   */
  put(input: PlaceInput): Place {
    const place = placeSchema.parse(input);
    this.#places.set(`${place.platform}:${place.path}`, place);
    return place;
  }

  find(platform: SandboxPlatform, path: string): Place | undefined {
    const place = this.#places.get(`${platform}:${path}`);
    if (place || !this.#open || !isWellFormed(platform, path)) return place;
    return this.put({ platform, path });
  }

  /** By its id or its name, the latter with or without the `#`. */
  findSlackChannel(idOrName: string): Place | undefined {
    return this.find('slack', idOrName) ?? this.#findSlackChannelNamed(idOrName.replace(/^#/, ''));
  }

  list(): Place[] {
    return [...this.#places.values()];
  }

  /** Restores the seeded places. */
  reset(): void {
    this.#places.clear();
    for (const place of SEED) this.put(place);
  }

  #findSlackChannelNamed(name: string): Place | undefined {
    return this.list().find((place) => place.platform === 'slack' && place.name === name);
  }
}

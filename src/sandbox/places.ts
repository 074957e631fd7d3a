/** The channels, chats, webhooks and incidents that exist in the sandbox. */
import { z } from 'zod';
import { SANDBOX_PLATFORMS, SIMULATED, type SandboxPlatform } from './platforms.js';

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
      message: `must be ${SIMULATED[platform].description}`,
    });
  });

/** A channel, chat, webhook or incident. */
export type Place = z.output<typeof placeSchema>;
/** A place as it is created: fields with a default are optional. */
export type PlaceInput = z.input<typeof placeSchema>;

function isWellFormed(platform: SandboxPlatform, path: string): boolean {
  return SIMULATED[platform].form.test(path);
}

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
    for (const platform of SANDBOX_PLATFORMS) {
      for (const place of SIMULATED[platform].seeded) this.put({ platform, ...place });
    }
  }

  #findSlackChannelNamed(name: string): Place | undefined {
    return this.list().find((place) => place.platform === 'slack' && place.name === name);
  }
}

/** The names of people, teams and channels, which a mention must show. */
import { z } from 'zod';
import { DeliveryError } from '../../domain/delivery.js';
import { isEmail } from '../../domain/mentions.js';
import { asTransient, permanent, unexpectedAnswer, withoutPosting } from '../../http/failure.js';
import { NOT_IN_ONE_LINE } from '../../lib/text.js';
import { ExpiringMap } from '../../lib/expiringMap.js';
import { isNotFound, lookUpFailure } from './failures.js';
import type { TeamsPlace } from './path.js';

const PLATFORM = 'Microsoft Graph';

/** How long a name is taken to be the same, and of how many people, teams and channels. */
const LIFE_MS = 10 * 60_000;
const MOST_NAMES = 10_000;

/** Somebody or something that has an id and a name. */
export interface Named {
  id: string;
  name: string;
}

const personSchema = z.object({
  id: z.string().min(1),
  displayName: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
});
const peopleSchema = z.object({ value: z.array(personSchema) });
const placeSchema = z.object({ displayName: z.string().nullish() });

const SELECTED = '$select=id,displayName,userPrincipalName';

/** Rejects only with DeliveryError, never an ambiguous one. */
export class TeamsDirectory {
  readonly #get: (resource: string) => Promise<unknown>;
  readonly #known: ExpiringMap<Named>;

  /**
   * @param get makes one request to Graph
   * @param now the monotonic clock, in milliseconds
   */
  constructor(get: (resource: string) => Promise<unknown>, now?: () => number) {
    this.#get = get;
    this.#known = new ExpiringMap(LIFE_MS, MOST_NAMES, now);
  }

  /**
   * Graph finds people by their object id or user principal name. The e-mail address of a guest is neither, so it is searched for.
   *
   * @param idOrEmail an object id, a user principal name or an e-mail address
   */
  person(idOrEmail: string): Promise<Named> {
    return this.#once(`person ${idOrEmail.toLowerCase()}`, async () => {
      const found =
        (await this.#personOf(idOrEmail)) ??
        (isEmail(idOrEmail) ? await this.#personWithEmail(idOrEmail) : undefined);
      if (!found) {
        throw unknown(
          `nobody in the directory has this ${isEmail(idOrEmail) ? 'e-mail address' : 'id'}`,
        );
      }
      const { displayName, id, userPrincipalName } = found;
      return { id, name: nameOf(displayName, userPrincipalName, id) };
    });
  }

  team({ teamId }: TeamsPlace & { kind: 'channel' }): Promise<Named> {
    return this.#once(`team ${teamId}`, async () => {
      const answer = await this.#lookUp(
        `/teams/${teamId}?$select=displayName`,
        'Team.ReadBasic.All',
      );
      return { id: teamId, name: nameOf(parsed(placeSchema, answer).displayName, 'Team') };
    });
  }

  channel({ channelId, teamId }: TeamsPlace & { kind: 'channel' }): Promise<Named> {
    return this.#once(`channel ${channelId}`, async () => {
      const resource = `/teams/${teamId}/channels/${encodeURIComponent(channelId)}?$select=displayName`;
      const answer = await this.#lookUp(resource, 'Channel.ReadBasic.All');
      return { id: channelId, name: nameOf(parsed(placeSchema, answer).displayName, 'Channel') };
    });
  }

  async #once(key: string, read: () => Promise<Named>): Promise<Named> {
    const known = this.#known.get(key);
    if (known) return known;
    const named = await read();
    this.#known.set(key, named);
    return named;
  }

  async #personOf(idOrName: string): Promise<z.infer<typeof personSchema> | undefined> {
    try {
      const resource = `/users/${encodeURIComponent(idOrName)}?${SELECTED}`;
      return parsed(personSchema, await this.#lookUp(resource, 'User.ReadBasic.All'));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #personWithEmail(email: string): Promise<z.infer<typeof personSchema> | undefined> {
    const filter = encodeURIComponent(`mail eq '${email.replaceAll("'", "''")}'`);
    const resource = `/users?$filter=${filter}&${SELECTED}&$top=2`;
    const answer = await this.#lookUp(resource, 'User.ReadBasic.All');
    const [person, ...others] = parsed(peopleSchema, answer).value;
    if (others.length === 0) return person;
    throw unknown('several people in the directory have this e-mail address: use the id of one');
  }

  async #lookUp(resource: string, permission: string): Promise<unknown> {
    try {
      return await withoutPosting(PLATFORM, () => this.#get(resource));
    } catch (error) {
      throw error instanceof DeliveryError ? lookUpFailure(error, permission) : error;
    }
  }
}

function parsed<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw asTransient(unexpectedAnswer(PLATFORM, 'a success without what was looked up', 200));
}

function unknown(why: string): DeliveryError {
  return new DeliveryError(why, permanent('content_rejected'));
}

/** A mention repeats its name three times, and a message has at most 28 KB. */
const LONGEST_NAME = 40;

/** What turns the direction of what follows doesn't belong into a name either. */
const NOT_A_NAME = new RegExp(`[\\s${NOT_IN_ONE_LINE}]+`, 'gu');

/** The first of the names that has something to read, in one line. Guests may choose theirs. */
function nameOf(...names: (string | null | undefined)[]): string {
  const [name = 'unnamed'] = names
    .map((each) => (each ?? '').replaceAll(NOT_A_NAME, ' ').trim())
    .filter((each) => each !== '');
  return Array.from(name).slice(0, LONGEST_NAME).join('').trim();
}

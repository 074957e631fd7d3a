/** The people of the sandbox's Slack workspace. */
import { z } from 'zod';

export const personSchema = z.strictObject({
  id: z.string().regex(/^[UW][A-Z0-9]{6,}$/, 'must be a Slack user id, as U0ANA0001'),
  email: z.email(),
  name: z.string().trim().min(1).max(80),
  deleted: z.boolean().default(false),
  bot: z.boolean().default(false),
});
export type Person = z.output<typeof personSchema>;
export type PersonInput = z.input<typeof personSchema>;

const SEED: PersonInput[] = [
  { id: 'U0ANA0001', email: 'ana@example.com', name: 'Ana' },
  { id: 'U0BEN0001', email: 'ben@example.com', name: 'Ben' },
];

export class People {
  readonly #people = new Map<string, Person>();

  constructor() {
    this.reset();
  }

  /** @throws ZodError when it is malformed */
  put(input: PersonInput): Person {
    const person = personSchema.parse(input);
    this.#people.set(person.id, person);
    return person;
  }

  withId(id: string): Person | undefined {
    return this.#people.get(id);
  }

  withEmail(email: string): Person | undefined {
    const wanted = email.toLowerCase();
    return [...this.#people.values()].find((person) => person.email.toLowerCase() === wanted);
  }

  reset(): void {
    this.#people.clear();
    for (const person of SEED) this.put(person);
  }
}

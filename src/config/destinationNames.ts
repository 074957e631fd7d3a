/** `names:`: what people call destinations whose ids say nothing to them. */
import { z } from 'zod';
import { destinationSchema } from '../domain/destination.js';
import { hiddenCharacter } from '../lib/text.js';

/** Longer ones would not fit beside an id. */
const LONGEST_NAME = 80;

const nameSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(LONGEST_NAME, `must be at most ${LONGEST_NAME} characters`)
  .refine((name) => hiddenCharacter(name) === undefined, {
    error: 'must be one line, without characters that nobody sees',
  });

export const namesSchema = z
  .record(z.string(), nameSchema)
  .superRefine((names, context) => {
    for (const destination of Object.keys(names)) {
      const [issue] = destinationSchema.safeParse(destination).error?.issues ?? [];
      if (issue) context.addIssue({ code: 'custom', path: [destination], message: issue.message });
    }
  })
  .default({});

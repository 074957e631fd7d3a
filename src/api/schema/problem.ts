import { z } from 'zod';

export const fieldErrorSchema = z
  .object({
    field: z.string().meta({ description: 'As `content.text` or `destinations.0`.' }),
    detail: z.string(),
  })
  .meta({ id: 'FieldError' });

export type FieldError = z.infer<typeof fieldErrorSchema>;

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Stable; for programs.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'For the person who can act.' }),
    errors: z.array(fieldErrorSchema).optional(),
  })
  .meta({ id: 'Problem' });

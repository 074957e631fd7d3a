import { z } from 'zod';
import { PROBLEM_TYPES } from './problemTypes.js';

export const fieldErrorSchema = z
  .object({
    field: z.string().meta({
      description: 'The path of the field, with dots between names and indices.',
      examples: ['destinations.0'],
    }),
    detail: z.string().meta({
      description: 'The error in this field.',
      examples: ['must have the form <platform>:<account>/<channel>, as slack:default/C0123ABC'],
    }),
  })
  .meta({ id: 'FieldError', description: 'An error in one field of the request.' });

export type FieldError = z.infer<typeof fieldErrorSchema>;

export const problemSchema = z
  .object({
    type: z.enum(PROBLEM_TYPES).meta({
      description: 'The type of the problem: a stable name that programs can compare.',
      examples: ['invalid_request'],
    }),
    title: z.string().meta({
      description: 'The title of this type of problem.',
      examples: ['The request is not valid'],
    }),
    status: z.int().meta({ description: 'The HTTP status of the answer.', examples: [400] }),
    detail: z.string().meta({
      description: 'The cause and the next step, for the person who can act.',
      examples: ['content.text: must not be empty'],
    }),
    errors: z
      .array(fieldErrorSchema)
      .optional()
      .meta({ description: 'One entry for each field that has an error.' }),
  })
  .meta({ id: 'Problem', description: 'An error, as an RFC 9457 problem document.' });

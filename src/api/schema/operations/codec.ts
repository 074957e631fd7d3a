/** The operations of the codec server for Temporal's Web UI and its `temporal` command. */
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { jsonContent, problems } from '../bodies.js';
import { payloadsSchema } from '../codecRepresentation.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const PLAIN = {
  payloads: [
    { metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify('disk full')) },
  ],
};

const ENCRYPTED = {
  payloads: [
    {
      metadata: {
        encoding: base64('binary/encrypted'),
        'encryption-key-id': base64('k1'),
        'encryption-form': base64('1'),
      },
      data: base64('(salt, nonce, ciphertext and tag)'),
    },
  ],
};

export const decodePayloads: ZodOpenApiOperationObject = {
  operationId: 'decodePayloads',
  tags: ['Codec server'],
  summary: 'Decrypts payloads for Temporal’s Web UI and its command.',
  description:
    'Payloads that are not encrypted are returned as they are. A payload whose key the installation does not have is returned as a sentence that says so. Web pages may call this operation from the origins in `encryption.webUi`, and from the Web UI that `TEMPORAL_UI_URL` names.',
  requestBody: {
    required: true,
    description: 'The payloads as Temporal keeps them.',
    content: jsonContent(payloadsSchema, {
      encrypted: { summary: 'A payload that is encrypted.', value: ENCRYPTED },
    }),
  },
  responses: {
    200: {
      description: 'The payloads in clear, in the same order.',
      content: jsonContent(payloadsSchema, {
        plain: { summary: 'The payload in clear.', value: PLAIN },
      }),
    },
    ...problems([400, 401, 413, 415]),
  },
};

export const encodePayloads: ZodOpenApiOperationObject = {
  operationId: 'encodePayloads',
  tags: ['Codec server'],
  summary: 'Encrypts payloads for Temporal’s Web UI and its command.',
  description:
    'The Web UI and the `temporal` command encrypt with it what they send, for example the input of a signal. Without encryption, the payloads are returned as they are. Web pages may call it from the same origins as for decrypting.',
  requestBody: {
    required: true,
    description: 'The payloads in clear.',
    content: jsonContent(payloadsSchema, {
      plain: { summary: 'A payload in clear.', value: PLAIN },
    }),
  },
  responses: {
    200: {
      description: 'The payloads, encrypted with the first key, in the same order.',
      content: jsonContent(payloadsSchema, {
        encrypted: { summary: 'The payload, encrypted.', value: ENCRYPTED },
      }),
    },
    ...problems([400, 401, 413, 415]),
  },
};

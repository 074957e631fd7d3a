/**
 * The codec server for Temporal's Web UI and `temporal --codec-endpoint`:
 * https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup
 */
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { Router, type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import type { Configuration } from '../config/configuration.js';
import { unreadableContentIn } from '../temporal/encryption/unreadableContent.js';
import type { ApiContext } from './apiContext.js';
import { assertNoTenant, callerOf, requireScope } from './caller.js';
import { parseRequest } from './problem.js';
import { jsonBody } from './requestBody.js';
import { payloadsSchema } from './schema/codecRepresentation.js';

type Settings = Pick<Configuration, 'encryption' | 'temporalUiUrl'>;

/** Temporal's longest answer has 4 MiB, which base64 makes a third longer; the rest is for what JSON adds. */
const LIMIT_BYTES = 8 * 1024 * 1024;

const PATHS = ['/v1/codec/decode', '/v1/codec/encode'];

/** Nothing in a payload says whose it is. */
const PAYLOADS = 'the codec server';

export function codecRouter({ encryption }: ApiContext): Router {
  const { codec } = encryption;
  const router = Router();
  router.post(
    '/codec/decode',
    requireScope('read'),
    jsonBody(LIMIT_BYTES),
    async (request, response) => {
      assertNoTenant(callerOf(request), PAYLOADS);
      const payloads = payloadsOf(request.body);
      const decoded = await Promise.all(
        payloads.map((payload) => decodedOrExplained(codec, payload)),
      );
      response.json(bodyOf(decoded));
    },
  );
  router.post(
    '/codec/encode',
    requireScope('read'),
    jsonBody(LIMIT_BYTES),
    async (request, response) => {
      assertNoTenant(callerOf(request), PAYLOADS);
      response.json(bodyOf(await codec.encode(payloadsOf(request.body))));
    },
  );
  return router;
}

/** Only what can't be decrypted shows why; the others of the same request are shown. */
async function decodedOrExplained(codec: PayloadCodec, payload: Payload): Promise<Payload> {
  try {
    const [decoded = {}] = await codec.decode([payload]);
    return decoded;
  } catch (error) {
    const fault = unreadableContentIn(error);
    if (!fault) throw error;
    return defaultPayloadConverter.toPayload(fault.message);
  }
}

function payloadsOf(body: unknown): Payload[] {
  return parseRequest(payloadsSchema, body).payloads.map(({ data, metadata }) => ({
    ...(data !== undefined && { data: Buffer.from(data, 'base64') }),
    ...(metadata && {
      metadata: Object.fromEntries(
        Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
      ),
    }),
  }));
}

function bodyOf(payloads: readonly Payload[]): z.infer<typeof payloadsSchema> {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    payloads: payloads.map(({ data, metadata }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]),
      ),
      data: base64(data ?? new Uint8Array()),
    })),
  };
}

/** What the Web UI sends with its requests. */
const HEADERS = 'authorization, authorization-extras, content-type, x-namespace';

/**
 * Lets the Web UI's page read the answers (CORS), from its own origin alone: it decrypts what it shows, and encrypts the input of a signal. Answers a browser's question before the request,
 * which has no key.
 */
export function allowWebUi(configuration: Settings): RequestHandler {
  return (request, response, next) => {
    if (!PATHS.includes(request.path)) {
      next();
      return;
    }
    response.vary('Origin');
    if (!isFromWebUi(request, configuration)) {
      next();
      return;
    }
    response.set('Access-Control-Allow-Origin', request.get('origin'));
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set({
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': HEADERS,
        'Access-Control-Max-Age': '600',
      })
      .status(204)
      .end();
  };
}

/** Whether a page of the Web UI asks the codec server. */
export function isFromWebUi(request: Request, { encryption, temporalUiUrl }: Settings): boolean {
  const origin = request.get('origin');
  if (origin === undefined || !PATHS.includes(request.path)) return false;
  return encryption.webUi.includes(origin) || originsOf(temporalUiUrl).includes(origin);
}

/** A browser on this machine knows a Web UI on it by either name. */
function originsOf(webUiUrl: string | undefined): string[] {
  if (webUiUrl === undefined || !URL.canParse(webUiUrl)) return [];
  const { origin } = new URL(webUiUrl);
  const names = ['//127.0.0.1', '//localhost'];
  const name = names.find((each) => origin.includes(each));
  return name === undefined ? [origin] : names.map((each) => origin.replace(name, each));
}

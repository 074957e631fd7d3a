/** Notifications of AWS SNS over HTTP: https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html */
import { z } from 'zod';
import { glob } from '../../lib/glob.js';
import { createTransport, type Transport } from '../../http/transport.js';
import {
  allOf,
  credentialFields,
  credentials,
  refineCredentials,
} from '../authentication/credentials.js';
import { parseJsonObject, textAt, type JsonObject } from '../json.js';
import {
  AgainLater,
  sourceFields,
  Unusable,
  type SourceAnswer,
  type SourceType,
  type Verdict,
} from '../source.js';
import { certificates, isCertificateOfSns, isServedBySns } from './certificates.js';
import { parseNotification } from './parse.js';
import { SAMPLES } from './samples.js';
import { isSigned } from './signature.js';

const schema = z
  .strictObject({
    ...sourceFields,
    ...credentialFields,
    type: z.literal('sns'),
    /** The ARNs of the topics, with `*` for any text. Anybody can have a topic whose notifications AWS signs. */
    topics: z
      .array(z.string().regex(/^arn:/, 'must be the ARN of a topic'))
      .min(1, 'must name a topic'),
    /** Whether subscriptions to these topics are confirmed. */
    confirm: z.boolean().default(true),
    /** The address of an emulator that signs instead of AWS, as `http://127.0.0.1:4100`. */
    emulator: z.url('must be a URL').optional(),
  })
  .superRefine(refineCredentials);

/** Two of these may follow each other within the 15 s that SNS waits. */
const REQUEST_WITHIN_MS = 4_000;

export const sns: SourceType<z.output<typeof schema>> = {
  name: 'sns',
  schema,
  // SNS waits 15 s: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html
  respondWithinMs: 12_000,
  // A notification has at most 256 KiB, which as JSON within JSON may take twice as many.
  largestBodyBytes: 1024 * 1024,
  samples: SAMPLES,
  create: ({ confirm, emulator, topics, ...settings }) => {
    const transport = createTransport('AWS SNS', REQUEST_WITHIN_MS);
    const certificateAt = certificates(transport, emulator);
    const authentication = allOf(credentials(settings));
    const ownTopics = topics.map(glob);
    const verifySignature = async (payload: JsonObject): Promise<Verdict> => {
      const topic = textAt(payload, 'TopicArn') ?? '';
      if (!ownTopics.some((isOwn) => isOwn(topic))) {
        return { refusedBecause: 'the topic is not one of "topics"' };
      }
      const address = textAt(payload, 'SigningCertURL') ?? '';
      if (!isCertificateOfSns(address, emulator)) {
        return { refusedBecause: 'the address of the certificate is not one of SNS' };
      }
      return isSigned(payload, await certificateAt(address))
        ? 'authentic'
        : { refusedBecause: 'the signature was not made of this body with the certificate of SNS' };
    };
    return {
      isAuthenticated: true,
      secrets: authentication.secrets,
      sign: (sample) => authentication.sign(sample),
      verify: async (request) => {
        const verdict = await authentication.verify(request);
        if (verdict !== 'authentic') return verdict;
        const payload = payloadOrNone(request.body);
        return payload
          ? await verifySignature(payload)
          : {
              refusedBecause:
                'the body is not a notification of SNS: turn raw message delivery off',
            };
      },
      identify: ({ body }) => {
        const payload = parseJsonObject(body);
        if (textAt(payload, 'Type') === 'SubscriptionConfirmation' && confirm) {
          confirmationAddress(payload, emulator);
          return { kind: 'handshake' };
        }
        const key = textAt(payload, 'MessageId');
        if (key === undefined) throw new Unusable('The notification has no MessageId.');
        return { kind: 'events', key };
      },
      parse: ({ body }) => [parseNotification(parseJsonObject(body))],
      handshake: ({ body }) =>
        confirmSubscription(transport, confirmationAddress(parseJsonObject(body), emulator)),
    };
  },
};

/** @throws Unusable where it is not an address of SNS */
function confirmationAddress(payload: JsonObject, emulator: string | undefined): URL {
  const address = textAt(payload, 'SubscribeURL') ?? '';
  if (isServedBySns(address, emulator)) return new URL(address);
  throw new Unusable('The address that confirms the subscription is not one of SNS.');
}

async function confirmSubscription(transport: Transport, url: URL): Promise<SourceAnswer> {
  const failed = (because: string): AgainLater =>
    new AgainLater(`The subscription could not be confirmed: ${because}`);
  const { status } = await transport({ method: 'GET', url, headers: {} }).catch(
    (error: unknown) => {
      throw failed((error as Error).message);
    },
  );
  if (status < 200 || status >= 300) throw failed(`the answer of SNS was HTTP ${status}`);
  return { status: 200, body: { status: 'confirmed' } };
}

function payloadOrNone(body: Buffer): JsonObject | undefined {
  try {
    return parseJsonObject(body);
  } catch (error) {
    if (error instanceof Unusable) return undefined;
    throw error;
  }
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigurationError } from '../../lib/configurationError.js';
import { secret } from '../../lib/secret.js';

/** As Kafka's own names: https://kafka.apache.org/documentation/#topicconfigs */
const topicName = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
    'must be the name of a topic: up to 249 letters, digits, . _ and -',
  );

const broker = z.string().regex(/^(?:\[[0-9a-f:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/i, {
  error: 'must be host:port, as kafka-1.example.com:9092',
});

/** The server's certificate is always checked. */
const tlsSchema = z.union(
  [
    z.boolean(),
    z.strictObject({
      /** The file of the certificates that sign the brokers', where they aren't public ones. */
      ca: z.string().min(1).optional(),
      /** The client's own, for brokers that ask for it. */
      certificate: z.string().min(1).optional(),
      key: secret.optional(),
      serverName: z.string().min(1).optional(),
    }),
  ],
  { error: 'must be true, false or { ca, certificate, key, serverName }' },
);

const saslSchema = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
  username: z.string().min(1),
  password: secret,
});

const topicFields = {
  brokers: z.array(broker).min(1, 'must name at least one broker'),
  topic: topicName,
  clientId: z.string().min(1).max(255).default('sendproof'),
  tls: tlsSchema.optional(),
  sasl: saslSchema.optional(),
};

function checkConnection(
  {
    sasl,
    tls,
  }: {
    sasl?: z.output<typeof saslSchema> | undefined;
    tls?: z.output<typeof tlsSchema> | undefined;
  },
  context: z.RefinementCtx,
): void {
  if (sasl?.mechanism === 'plain' && tls === undefined) {
    const message =
      'is needed with the mechanism plain, which sends the password as it is: set true, or false where the network is trusted';
    context.addIssue({ code: 'custom', path: ['tls'], message });
  }
  if (typeof tls !== 'object') return;
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    const message = 'needs both certificate and key, or neither';
    context.addIssue({ code: 'custom', path: ['tls'], message });
  }
}

export const kafkaSchema = z
  .strictObject({ ...topicFields, group: z.string().min(1).max(255).optional() })
  .superRefine(checkConnection)
  .transform((settings) => ({
    ...settings,
    group: settings.group ?? `sendproof.${settings.topic}`,
  }));

export type KafkaSettings = z.output<typeof kafkaSchema>;

/** Of a topic that is only written to: it has no consumer group. */
export const kafkaTargetSchema = z.strictObject(topicFields).superRefine(checkConnection);

export type KafkaTargetSettings = z.output<typeof kafkaTargetSchema>;

/** By all names that a topic may be configured with: once for each of its brokers. */
export function placesOf(brokers: readonly string[], topic: string): string[] {
  return brokers.map((each) => `${each.toLowerCase()}/${topic}`);
}

/** Where dead letters go if `deadLetter` doesn't say. */
export function deadLetterTopic({ topic }: KafkaSettings, named: string | undefined): string {
  return named ?? `${topic}.dlq`;
}

/** What a Kafka client of any library is configured with. */
export interface KafkaConnection {
  clientId: string;
  brokers: string[];
  /** Undefined: without TLS. */
  tls: { ca?: string; cert?: string; key?: string; servername?: string } | undefined;
  sasl:
    | { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
    | undefined;
}

/** Reads the secrets and the files. @throws ConfigurationError where one of them can't be read */
export function connectionOf({
  brokers,
  clientId,
  sasl,
  tls,
}: KafkaTargetSettings): KafkaConnection {
  return {
    brokers,
    clientId,
    tls: tls === undefined || tls === false ? undefined : tls === true ? {} : tlsOptions(tls),
    sasl: sasl && {
      mechanism: sasl.mechanism,
      username: sasl.username,
      password: sasl.password.reveal(),
    },
  };
}

function tlsOptions({
  ca,
  certificate,
  key,
  serverName,
}: Extract<KafkaSettings['tls'], object>): NonNullable<KafkaConnection['tls']> {
  return {
    ...(ca !== undefined && { ca: read(ca) }),
    ...(certificate !== undefined && { cert: read(certificate) }),
    ...(key && { key: key.reveal() }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(`The certificate file ${path} of a queue can’t be read.`, {
      cause,
    });
  }
}

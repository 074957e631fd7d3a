import { z } from 'zod';
import { durationMs } from '../../lib/duration.js';

/** Long enough for some calls that extend it to fail; a consumer that was killed keeps its records from others for so long. */
const RESERVED_MS = 30_000;
const SHORTEST_RESERVED_MS = 10_000;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html */
const LONGEST_RESERVED_MS = 12 * 60 * 60 * 1_000;

const queueUrl = z.string().refine(isQueueUrl, {
  error: ({ input }) =>
    typeof input === 'string' && URL.canParse(input) && new URL(input).username !== ''
      ? 'must have no user name: use the AWS credentials'
      : 'must be the URL of a queue, as https://sqs.eu-west-1.amazonaws.com/000000000000/alarms',
});

function isQueueUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username } = new URL(url);
  return /^https?:$/.test(protocol) && username === '' && queueNameOf(url) !== '';
}

const queueFields = {
  url: queueUrl,
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be the name of a region, as eu-west-1')
    .optional(),
  /** Where the API of SQS is, if not at the host of the URL, as that of a VPC endpoint. */
  endpoint: z.url({ protocol: /^https?$/, error: 'must be a URL' }).optional(),
};

function checkRegion(
  { region, url }: { region?: string | undefined; url: string },
  context: z.RefinementCtx,
): void {
  if (!isQueueUrl(url) || region !== undefined || regionOf(url) !== undefined) return;
  const message = 'is needed, since the URL doesn’t have it';
  context.addIssue({ code: 'custom', path: ['region'], message });
}

export const sqsSchema = z
  .strictObject({
    ...queueFields,
    deadLetterUrl: queueUrl,
    /** How long a record is hidden from other consumers at a time. It is extended while the record is in hand. */
    visibilityTimeout: durationMs
      .refine(
        (ms) => ms >= SHORTEST_RESERVED_MS && ms <= LONGEST_RESERVED_MS,
        'must be from 10s to 12h',
      )
      .default(RESERVED_MS),
  })
  .superRefine(({ deadLetterUrl, region, url }, context) => {
    if (isQueueUrl(url) && deadLetterUrl === url) {
      const message = 'must be another queue than url';
      context.addIssue({ code: 'custom', path: ['deadLetterUrl'], message });
    }
    checkRegion({ region, url }, context);
  });

export type SqsSettings = z.output<typeof sqsSchema>;

/** Of a queue that is only written to. */
export const sqsTargetSchema = z.strictObject(queueFields).superRefine(checkRegion);

export type SqsTargetSettings = z.output<typeof sqsTargetSchema>;

/** Where a queue is: the account and the name that SQS finds it by, at whatever host. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  // Hosts of AWS are several for one queue: the region and the path name it.
  return `${regionOf(url) ?? host}${pathname.replace(/\/+$/, '')}`;
}

/** The last part of the path. */
export function queueNameOf(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}

/** SQS demands this ending of FIFO queues, and of no other. */
export function isFifo(url: string): boolean {
  return queueNameOf(url).endsWith('.fifo');
}

/** Of https://sqs.eu-west-1.amazonaws.com/… and its older and FIPS forms. */
export function regionOf(url: string): string | undefined {
  return /^(?:sqs(?:-fips)?\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.(?:queue\.)?(?:amazonaws|api)\./.exec(
    new URL(url).hostname,
  )?.[1];
}

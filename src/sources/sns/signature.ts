/** Signatures of notifications: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
import { verify, type X509Certificate } from 'node:crypto';
import { own } from '../../lib/own.js';
import { textAt, type JsonObject } from '../json.js';

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
];

const ALGORITHMS = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
]);

/** What is signed: the name and the value of each field, in the order of the names, a line each. */
export function signedText(payload: JsonObject): string {
  const names = textAt(payload, 'Type') === 'Notification' ? NOTIFICATION : CONFIRMATION;
  return names
    .flatMap((name) => {
      const value = own(payload, name);
      // AWS leaves an empty subject out, and emulators send one that they don't sign.
      const isSigned = typeof value === 'string' && (name !== 'Subject' || value !== '');
      return isSigned ? [`${name}\n${value}\n`] : [];
    })
    .join('');
}

export function isSigned(payload: JsonObject, certificate: X509Certificate | undefined): boolean {
  const algorithm = ALGORITHMS.get(textAt(payload, 'SignatureVersion') ?? '');
  const text = textAt(payload, 'Signature') ?? '';
  const signature = Buffer.from(text, 'base64');
  // The decoder ignores what is not base64.
  const isCanonical = text !== '' && signature.toString('base64') === text;
  if (!certificate || algorithm === undefined || !isCanonical) return false;
  try {
    return verify(algorithm, Buffer.from(signedText(payload)), certificate.publicKey, signature);
  } catch {
    // A key of another kind.
    return false;
  }
}

import { X509Certificate } from 'node:crypto';
import type { Transport } from '../../http/transport.js';

/** As `sns.eu-west-1.amazonaws.com`, and `.cn` in China. */
const SNS_HOST = /^sns\.[a-z0-9-]{2,40}\.amazonaws\.com(?:\.cn)?$/;

/** Whether AWS itself answers at this address; or the emulator, where one is configured. */
export function isServedBySns(address: string, emulator: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { host, origin, password, protocol, username } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (emulator !== undefined) return origin === new URL(emulator).origin;
  return protocol === 'https:' && SNS_HOST.test(host);
}

/** Each region has one, which it changes after years. */
const MOST_KEPT = 100;

/**
 * Fetches certificates, each once. The result rejects where SNS can't be reached.
 *
 * @param emulator an emulator's certificate is not checked against the time
 */
export function certificates(
  transport: Transport,
  emulator: string | undefined,
): (address: string) => Promise<X509Certificate | undefined> {
  const kept = new Map<string, X509Certificate>();
  return async (address) => {
    const known = kept.get(address);
    if (known && (emulator !== undefined || isValidNow(known))) return known;
    const answer = await transport({ method: 'GET', url: new URL(address), headers: {} });
    if (answer.status >= 500) throw new Error(`SNS answered ${answer.status} for its certificate`);
    const certificate = parsed(answer.body);
    if (!certificate || (emulator === undefined && !isValidNow(certificate))) return undefined;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(address, certificate);
    return certificate;
  };
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function isValidNow({ validFrom, validTo }: X509Certificate): boolean {
  return Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo);
}

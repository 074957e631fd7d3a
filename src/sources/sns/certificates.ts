import { X509Certificate } from 'node:crypto';
import type { Transport } from '../../http/transport.js';
import { AgainLater } from '../source.js';

/** As `sns.eu-west-1.amazonaws.com`, and `.cn` in China. */
const SNS_HOST = /^sns\.[a-z0-9-]{2,40}\.amazonaws\.com(?:\.cn)?$/;

/** As `/SimpleNotificationService-0123456789abcdef.pem`. Other files of the same host are not certificates of SNS. */
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[A-Za-z0-9]{1,100}\.pem$/;

/** Whether AWS itself answers at this address; or the emulator, where one is configured. */
export function isServedBySns(address: string, emulator: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { host, origin, password, protocol, username } = new URL(address);
  if (username !== '' || password !== '') return false;
  // The address isn't signed. AWS writes scheme and host in small letters: in others it was changed.
  if (!address.startsWith(origin)) return false;
  if (emulator !== undefined) return origin === new URL(emulator).origin;
  return protocol === 'https:' && SNS_HOST.test(host);
}

/** Whether this is the address of a certificate of SNS. An emulator may name it as it likes. */
export function isCertificateOfSns(address: string, emulator: string | undefined): boolean {
  if (!isServedBySns(address, emulator)) return false;
  const { pathname, search } = new URL(address);
  return emulator !== undefined || (CERTIFICATE_PATH.test(pathname) && search === '');
}

/** Each region has one, which it changes after years. */
const MOST_KEPT = 100;

/**
 * Fetches certificates, each once, for all requests that need it at the same time. The result rejects with
 * `AgainLater` where SNS doesn't serve it, and is undefined where it is not valid now.
 *
 * @param emulator an emulator's certificate is not checked against the time
 */
export function certificates(
  transport: Transport,
  emulator: string | undefined,
): (address: string) => Promise<X509Certificate | undefined> {
  const kept = new Map<string, X509Certificate>();
  const underWay = new Map<string, Promise<X509Certificate>>();
  const usable = (certificate: X509Certificate): boolean =>
    emulator !== undefined || isValidNow(certificate);
  const fetched = async (address: string): Promise<X509Certificate> => {
    const url = new URL(address);
    const { body, status } = await transport({ method: 'GET', url, headers: {} }).catch(
      (error: unknown) => {
        throw notFetched((error as Error).message);
      },
    );
    if (status !== 200) throw notFetched(`the answer was HTTP ${status}`);
    const certificate = parsed(body);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(address, certificate);
    return certificate;
  };
  const fetchOnce = (address: string): Promise<X509Certificate> => {
    const running = underWay.get(address);
    if (running) return running;
    const fetching = fetched(address).finally(() => underWay.delete(address));
    underWay.set(address, fetching);
    return fetching;
  };
  return async (address) => {
    const known = kept.get(address);
    const certificate = known && usable(known) ? known : await fetchOnce(address);
    return usable(certificate) ? certificate : undefined;
  };
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw notFetched('the answer is something else');
  }
}

/** Nobody can say whether the notification is authentic. */
function notFetched(because: string): AgainLater {
  return new AgainLater(`The certificate of AWS SNS could not be fetched: ${because}`);
}

function isValidNow({ validFrom, validTo }: X509Certificate): boolean {
  return Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo);
}

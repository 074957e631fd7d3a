/** A certificate for loopback that only its own file vouches for, made at run time. Needs openssl. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOOPBACK } from '../../src/lib/ports.js';
import { runToEnd } from '../runToEnd.js';

/** @returns the certificate's file, and the file that has its key too */
export async function makeCertificate(
  directory: string,
): Promise<{ certificate: string; withKey: string }> {
  const key = join(directory, 'key.pem');
  const certificate = join(directory, 'certificate.pem');
  const withKey = join(directory, 'keystore.pem');
  await runToEnd('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${LOOPBACK}`, '-addext', `subjectAltName=IP:${LOOPBACK}`],
    ...['-keyout', key, '-out', certificate],
  ]);
  await writeFile(withKey, `${await readFile(key, 'utf8')}${await readFile(certificate, 'utf8')}`);
  return { certificate, withKey };
}

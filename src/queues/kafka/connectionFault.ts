/** Why a connection to a broker can't be made, in the words of the settings. */

const UNKNOWN_AUTHORITY = [
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** By what the error, or one of its causes, has as code, type or name. */
const REMEDIES: [signs: readonly string[], remedy: string][] = [
  [
    UNKNOWN_AUTHORITY,
    'the broker’s certificate is signed by no authority that is known here: name the file with the certificate of its authority in kafka.tls.ca',
  ],
  [['CERT_HAS_EXPIRED'], 'the broker’s certificate has expired: renew it'],
  [
    ['ERR_TLS_CERT_ALTNAME_INVALID'],
    'the broker’s certificate is for another host: correct kafka.brokers, or state kafka.tls.serverName',
  ],
  [
    ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    'the broker doesn’t speak TLS at this port: correct the port in kafka.brokers, or remove kafka.tls',
  ],
  [
    ['KafkaJSSASLAuthenticationError', 'SASL_AUTHENTICATION_FAILED'],
    'the broker refuses the credentials: check username and password of kafka.sasl',
  ],
  [
    ['UNSUPPORTED_SASL_MECHANISM'],
    'the broker doesn’t take this mechanism: correct kafka.sasl.mechanism',
  ],
];

/** The error with the remedy, where that is known; else as it is. */
export function withRemedy(error: unknown): unknown {
  const signs = signsOf(error);
  const found = REMEDIES.find(([known]) => known.some((sign) => signs.includes(sign)));
  if (!found || !(error instanceof Error)) return error;
  const [, remedy] = found;
  return new Error(`${remedy} (${error.message})`, { cause: error });
}

function signsOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const { cause, code, name, type } = error as Error & { code?: unknown; type?: unknown };
  return [code, name, type, ...signsOf(cause)];
}

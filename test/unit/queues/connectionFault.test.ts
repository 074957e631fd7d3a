import { describe, expect, it } from 'vitest';
import { withRemedy } from '../../../src/queues/kafka/connectionFault.js';

describe('a connection that fails', () => {
  it.each([
    ['the code', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'kafka.tls.ca'],
    ['the code', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'kafka.tls.ca'],
    ['the code', { code: 'CERT_HAS_EXPIRED' }, 'renew it'],
    ['the code', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'kafka.tls.serverName'],
    ['the code', { code: 'EPROTO' }, 'remove kafka.tls'],
    ['the name', { name: 'KafkaJSSASLAuthenticationError' }, 'kafka.sasl'],
    ['the type', { type: 'UNSUPPORTED_SASL_MECHANISM' }, 'kafka.sasl.mechanism'],
  ])('says the remedy, by %s of the error or of a cause: %j', (_, sign, remedy) => {
    const error = Object.assign(new Error('as the library says it'), sign);
    const wrapped = new Error('tried too often', { cause: new Error('failed', { cause: error }) });
    for (const given of [error, wrapped]) {
      const said = withRemedy(given) as Error;
      expect(said.message).toContain(remedy);
      expect(said.message).toContain(given.message);
      expect(said.cause).toBe(given);
    }
  });

  it.each([[new Error('connect ECONNREFUSED')], ['text'], [undefined], [null]])(
    'is left as it is where the remedy isn’t known: %s',
    (error) => {
      expect(withRemedy(error)).toBe(error);
    },
  );
});

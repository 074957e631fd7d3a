/** Who sends a request, by the headers of a proxy that has signed the person in. */
import type { IncomingMessage } from 'node:http';
import type { ProxyHeaders } from '../../config/people.js';
import { isInRange, type AddressRange } from '../../lib/addressRange.js';
import { own } from '../../lib/own.js';
import { decodeUtf8 } from '../../lib/text.js';
import { invalidRequest } from '../problem.js';
import { isName, type Identity } from './identity.js';

type ProxiedRequest = Pick<IncomingMessage, 'headersDistinct'> & {
  socket: { remoteAddress?: string | undefined };
};

/**
 * - `person`: a trusted proxy says so.
 * - `nobody`: no header says anything.
 * - `untrusted`: somebody else than a trusted proxy says it.
 */
export type ProxyStatement =
  { kind: 'person'; identity: Identity } | { kind: 'nobody' } | { kind: 'untrusted' };

/** Throws a Problem where a trusted proxy sends a header twice, or a name that can't be shown: a guess might name another person. */
export function statementOf(
  request: ProxiedRequest,
  { emailHeader, groupsHeader, groupsSeparator, userHeader }: ProxyHeaders,
  trustedProxies: readonly AddressRange[],
): ProxyStatement {
  const given = [userHeader, groupsHeader, emailHeader].filter(
    (name) => name !== undefined && valuesOf(request, name).length > 0,
  );
  if (given.length === 0) return { kind: 'nobody' };
  const { remoteAddress } = request.socket;
  if (remoteAddress === undefined || !isInRange(remoteAddress, trustedProxies)) {
    return { kind: 'untrusted' };
  }
  const user = onlyValue(request, userHeader);
  const email = emailHeader === undefined ? '' : onlyValue(request, emailHeader);
  const groups = onlyValue(request, groupsHeader);
  // A proxy that lets requests without a session pass may send the headers empty.
  if (user === '') return { kind: 'nobody' };
  const name = email || user;
  if (!isName(name)) {
    const field = email === '' || emailHeader === undefined ? userHeader : emailHeader;
    throw invalidRequest([
      { field, detail: 'is not the name of a person: up to 200 characters, none of control' },
    ]);
  }
  const listed = groups.split(groupsSeparator).map((group) => group.trim());
  return { kind: 'person', identity: { name, groups: listed.filter((group) => group !== '') } };
}

function valuesOf({ headersDistinct }: ProxiedRequest, name: string): string[] {
  return own(headersDistinct, name) ?? [];
}

function onlyValue(request: ProxiedRequest, name: string): string {
  const values = valuesOf(request, name);
  if (values.length > 1) {
    throw invalidRequest([
      {
        field: name,
        detail: `the header is sent ${values.length} times: the proxy must replace it`,
      },
    ]);
  }
  return asText(values[0] ?? '').trim();
}

/** Node.js reads each byte of a header as a character. Proxies send names in UTF-8. */
function asText(header: string): string {
  return decodeUtf8(Buffer.from(header, 'latin1')) ?? header;
}

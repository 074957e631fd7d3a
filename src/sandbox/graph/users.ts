/** The people of the directory: https://learn.microsoft.com/graph/api/user-get */
import type { Answer } from '../call.js';
import { badRequest, notFound } from './errors.js';
import type { OperationContext } from './operation.js';

interface DirectoryUser {
  id: string;
  displayName: string;
  userPrincipalName: string;
  mail: string;
}

const PEOPLE: readonly DirectoryUser[] = [
  {
    id: '0a1b2c3d-0000-4000-8000-0000000000a1',
    displayName: 'Ana Silva',
    userPrincipalName: 'ana@example.com',
    mail: 'ana@example.com',
  },
  {
    id: '0a1b2c3d-0000-4000-8000-0000000000b1',
    displayName: 'Ben <Ops & co>',
    userPrincipalName: 'ben@example.com',
    mail: 'ben@example.com',
  },
  // A guest's principal name is not their address.
  {
    id: '0a1b2c3d-0000-4000-8000-0000000000c1',
    displayName: 'Chidi',
    userPrincipalName: 'chidi_partner.example#EXT#@sandbox.example',
    mail: 'chidi@partner.example',
  },
];

/** By object id or user principal name, and never by e-mail address. */
export function getUser({ user }: OperationContext): Answer {
  const wanted = user.toLowerCase();
  const found = PEOPLE.find(
    ({ id, userPrincipalName }) => id === wanted || userPrincipalName.toLowerCase() === wanted,
  );
  if (!found) throw notFound(`Resource '${user}'`);
  return { status: 200, body: found };
}

const BY_MAIL = /^mail eq '((?:[^']|'')*)'$/i;

/** The only filter that it knows is on the e-mail address. */
export function listUsers({ requestUrl }: OperationContext): Answer {
  const filter = requestUrl.searchParams.get('$filter') ?? '';
  const mail = BY_MAIL.exec(filter)?.[1]?.replaceAll("''", "'").toLowerCase();
  if (filter !== '' && mail === undefined) throw badRequest('Invalid filter clause.');
  const value = PEOPLE.filter((person) => mail === undefined || person.mail === mail);
  return { status: 200, body: { value } };
}

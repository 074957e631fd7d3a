declare const brand: unique symbol;

/** One account of one platform, as people name it and as its destinations begin: `slack:default`. */
export type AccountId = `${string}:${string}` & { readonly [brand]: 'AccountId' };

export interface AccountParts {
  platform: string;
  /** The account's name in the configuration. */
  account: string;
}

export function accountId({ platform, account }: AccountParts): AccountId {
  return `${platform}:${account}` as AccountId;
}

/** The account that a destination is reached through: what is before its first slash. */
export function accountOf(destination: string): AccountId {
  return destination.slice(0, destination.indexOf('/')) as AccountId;
}

export function parseAccountId(id: AccountId): AccountParts {
  // No platform's name has a colon.
  const colon = id.indexOf(':');
  return { platform: id.slice(0, colon), account: id.slice(colon + 1) };
}

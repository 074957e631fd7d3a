import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { ContentVault } from './contentVault.js';

const vaults = new WeakMap<PayloadCodec, ContentVault>();

/** @param codec of the clients that `vaultOf` finds the vault of */
export function keepVault(codec: PayloadCodec, vault: ContentVault): void {
  vaults.set(codec, vault);
}

/** The vault of the process that has this client: all that Temporal keeps goes through its codec. */
export function vaultOf({ options }: Pick<Client, 'options'>): ContentVault {
  for (const codec of options.loadedDataConverter.payloadCodecs) {
    const vault = vaults.get(codec);
    if (vault) return vault;
  }
  throw new Error('This client was made without the data converter of the process.');
}

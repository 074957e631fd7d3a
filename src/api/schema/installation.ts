/** What of the OpenAPI document depends on the installation: its accounts, and its retry profiles. */
import type { Configuration } from '../../config/configuration.js';
import { PLATFORMS } from '../../destinations/registry.js';

export interface DocumentedInstallation {
  /** A regular expression that every destination matches, and whose every text is one. */
  destinationPattern: string;
  /** The names of the retry profiles; undefined if they are not told. */
  retryProfiles: string[] | undefined;
}

/** For those who may not see what is configured: the forms that destinations have on each platform. */
export function anyInstallation(): DocumentedInstallation {
  const forms = PLATFORMS.map(
    (platform) => `${platform.name}:[A-Za-z0-9_.-]{1,64}/${platform.pathPattern(undefined)}`,
  );
  return { destinationPattern: anchored(forms), retryProfiles: undefined };
}

/** For those who may send: the accounts and profiles that a message can name here. */
export function thisInstallation({
  accounts,
  retryProfiles,
}: Pick<Configuration, 'accounts' | 'retryProfiles'>): DocumentedInstallation {
  if (accounts.length === 0) return anyInstallation();
  const forms = accounts.map(
    ({ id, platform, settings }) =>
      `${id.replaceAll('.', '\\.')}/${platform.pathPattern(settings)}`,
  );
  return { destinationPattern: anchored(forms), retryProfiles: Object.keys(retryProfiles) };
}

function anchored(alternatives: string[]): string {
  return `^(?:${alternatives.join('|')})$`;
}

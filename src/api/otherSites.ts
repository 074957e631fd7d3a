/**
 * Keeps the pages of other sites from using the API in the name of whoever looks at them: by a name of theirs that has this
 * machine's address (DNS rebinding), or by a form or a script that sends a request here.
 */
import type { Request, RequestHandler } from 'express';
import type { Configuration } from '../config/configuration.js';
import { shortenText } from '../lib/cutText.js';
import { isAllowedHost, isFromOtherSite } from '../lib/requestSite.js';
import { callerWithoutKey } from './authentication.js';
import { isFromWebUi } from './codec.js';
import { Problem } from './problem.js';
import { assertJson } from './requestBody.js';

type HostSettings = Pick<Configuration, 'allowedHosts' | 'host' | 'publicUrl'>;
type Settings = HostSettings & Pick<Configuration, 'keys' | 'people'>;
type WebUiSettings = Pick<Configuration, 'encryption' | 'temporalUiUrl'>;

/** Methods that change nothing. */
const READING = ['GET', 'HEAD', 'OPTIONS'];
const LONGEST_SHOWN_HOST = 100;

/**
 * Refuses a request that names a host which isn't this API's. Without API keys and people, only this machine's own names are the API's, and what is
 * configured. With keys, another site's page could do nothing under a name of its own: so every name is accepted until some are
 * listed. Health checks that reveal nothing, or nothing to everybody, have any name.
 */
export function onlyOwnHosts(configuration: () => Settings): RequestHandler {
  return (request, _response, next) => {
    const settings = configuration();
    const isOpen = callerWithoutKey(settings) !== undefined;
    const isHealthCheck = request.path === '/healthz' || (!isOpen && request.path === '/readyz');
    if (!isHealthCheck && (isOpen || settings.allowedHosts.length > 0)) {
      assertOwnHost(request, settings);
    }
    next();
  };
}

/** @throws Problem where the Host header names another host than this API's */
export function assertOwnHost(
  request: Request,
  { allowedHosts, host, publicUrl }: HostSettings,
): void {
  const names = [host.toLowerCase(), ...allowedHosts];
  if (publicUrl !== undefined) names.push(new URL(publicUrl).hostname);
  const asked = request.get('host');
  if (isAllowedHost(asked, names)) return;
  throw new Problem(
    'wrong_host',
    `The request names the host "${shortenText(asked ?? '', LONGEST_SHOWN_HOST)}", which is not one of this API. Use its address or localhost. If the name is right, have the API started with PUBLIC_URL set to its URL, or with the name in SENDPROOF_ALLOWED_HOSTS.`,
  );
}

/** Refuses requests that change something and are made by a page of another site. Temporal's Web UI may use the codec server. */
export function noOtherSites(configuration: () => Settings & WebUiSettings): RequestHandler {
  return (request, _response, next) => {
    const settings = configuration();
    if (!isFromWebUi(request, settings)) assertOwnSite(request, settings);
    next();
  };
}

function assertOwnSite(request: Request, settings: HostSettings): void {
  if (READING.includes(request.method)) return;
  if (!isOfOtherSite(request, settings)) return;
  throw new Problem(
    'foreign_site',
    `A page of another site made this request: its Origin or Sec-Fetch-Site header says so. Send it from a program, or from the API’s own pages. ${BEHIND_A_PROXY}`,
  );
}

const BEHIND_A_PROXY = 'If a proxy shows these under another name, set PUBLIC_URL.';

function isOfOtherSite(
  { headers }: Pick<Request, 'headers'>,
  { publicUrl }: Pick<HostSettings, 'publicUrl'>,
): boolean {
  const ownOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  return isFromOtherSite(headers, ownOrigin);
}

/**
 * Refuses forms that the pages themselves did not send. Browsers say where a form comes from; what doesn't say it is no browser, and has
 * the API.
 */
export function onlyOwnForms(configuration: () => Pick<HostSettings, 'publicUrl'>): RequestHandler {
  return (request, _response, next) => {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const saysWhere = origin !== undefined || site === 'same-origin';
    if (!saysWhere || isOfOtherSite(request, configuration())) {
      throw new Problem(
        'foreign_form',
        `The form was not sent by one of these pages. Open the page itself, and send its form from there. ${BEHIND_A_PROXY}`,
      );
    }
    next();
  };
}

/** For what no secret protects: as for the API without keys. */
export function assertNoOtherSite(request: Request, settings: HostSettings): void {
  assertOwnHost(request, settings);
  assertOwnSite(request, settings);
}

/** A page can send any text to any address, but JSON only where it is allowed to: so nothing else is accepted. */
export const onlyJson: RequestHandler = (request, _response, next) => {
  if (!READING.includes(request.method)) assertJson(request);
  next();
};

/** The part of Microsoft's sign-in that MSAL uses: https://learn.microsoft.com/entra/identity-platform/v2-protocols */
import type { Answer, PlatformCall, PlatformRequest, SimulatedPlatform } from '../call.js';
import type { GraphCredentials } from './credentials.js';
import { GRAPH_USER } from './directory.js';
import { GRAPH_ERROR_ANSWERS } from './errors.js';

const TOKEN_LIFETIME_SECONDS = 3600;
const DEVICE_CODE_LIFETIME_SECONDS = 900;

/** MSAL requires https. A test's network client redirects its requests to the sandbox. */
const AUTHORITY = 'https://login.microsoftonline.com';

interface SignInRoute {
  operation: string;
  method: 'GET' | 'POST';
  route: RegExp;
}

const ROUTES: SignInRoute[] = [
  { operation: 'token', method: 'POST', route: /^\/(?<tenant>[^/]+)\/oauth2\/v2\.0\/token$/ },
  {
    operation: 'deviceCode',
    method: 'POST',
    route: /^\/(?<tenant>[^/]+)\/oauth2\/v2\.0\/devicecode$/,
  },
  {
    operation: 'openidConfiguration',
    method: 'GET',
    route: /^\/(?<tenant>[^/]+)\/v2\.0\/\.well-known\/openid-configuration$/,
  },
  { operation: 'instanceDiscovery', method: 'GET', route: /^\/common\/discovery\/instance$/ },
];

/** Whether this path, without its query, belongs to the sign-in. */
export function isSignInPath(path: string): boolean {
  return ROUTES.some(({ route }) => route.test(path));
}

export function simulateSignIn(credentials: GraphCredentials): SimulatedPlatform {
  /** The issued device codes, and how often MSAL has polled each. */
  const deviceCodes = new Map<string, number>();

  return {
    platform: 'teams',
    errorAnswers: GRAPH_ERROR_ANSWERS,

    parseRequest({ request, url, body }: PlatformRequest): PlatformCall {
      const found = ROUTES.find(
        ({ method, route }) => method === request.method && route.test(url.pathname),
      );
      const tenant = found?.route.exec(url.pathname)?.groups?.tenant ?? '';
      return {
        operation: found?.operation ?? 'unknown',
        path: undefined,
        posts: false,
        execute: () => execute(found?.operation, tenant, new URLSearchParams(body.toString())),
      };
    },
  };

  function execute(operation: string | undefined, tenant: string, form: URLSearchParams): Answer {
    switch (operation) {
      case 'token':
        return token(form);
      case 'deviceCode':
        return deviceCode();
      case 'openidConfiguration':
        return { status: 200, body: openidConfiguration(tenant) };
      case 'instanceDiscovery':
        return { status: 200, body: instanceDiscovery() };
      default:
        return refusal('invalid_request', 'The method is not allowed.');
    }
  }

  function token(form: URLSearchParams): Answer {
    if (!form.get('client_id')) return refusal('invalid_client', 'client_id is missing.');
    switch (form.get('grant_type')) {
      case 'refresh_token':
        return credentials.isRefreshToken(form.get('refresh_token') ?? '')
          ? granted(form)
          : refusal('invalid_grant', 'The refresh token has expired or was revoked.');
      case 'device_code':
      case 'urn:ietf:params:oauth:grant-type:device_code':
        return redeem(form);
      default:
        return refusal(
          'unsupported_grant_type',
          'The sandbox grants refresh tokens and device codes.',
        );
    }
  }

  function deviceCode(): Answer {
    const code = `sandbox-device-code-${deviceCodes.size + 1}`;
    deviceCodes.set(code, 0);
    const page = 'https://microsoft.com/devicelogin';
    return {
      status: 200,
      body: {
        device_code: code,
        user_code: 'SANDBOX',
        verification_uri: page,
        expires_in: DEVICE_CODE_LIFETIME_SECONDS,
        interval: 1,
        message: `To sign in, open ${page} and enter the code SANDBOX.`,
      },
    };
  }

  /** Nobody enters the code: it counts as entered from the second poll on. */
  function redeem(form: URLSearchParams): Answer {
    const code = form.get('device_code') ?? '';
    const asked = deviceCodes.get(code);
    if (asked === undefined)
      return refusal('bad_verification_code', 'There is no such device code.');
    deviceCodes.set(code, asked + 1);
    if (asked === 0) return refusal('authorization_pending', 'The user has not yet signed in.');
    return granted(form);
  }

  function granted(form: URLSearchParams): Answer {
    const { accessToken, refreshToken } = credentials.issue();
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        scope: credentials.permissions.join(' '),
        expires_in: TOKEN_LIFETIME_SECONDS,
        ext_expires_in: TOKEN_LIFETIME_SECONDS,
        access_token: accessToken,
        refresh_token: refreshToken,
        id_token: idToken(form.get('client_id') ?? ''),
        client_info: encoded({ uid: GRAPH_USER.id, utid: GRAPH_USER.tenantId }),
      },
    };
  }
}

function refusal(error: string, description: string): Answer {
  return { status: 400, body: { error, error_description: description }, error };
}

/** Unsigned: public clients get it directly from the sign-in service and don't verify a signature. */
function idToken(clientId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: clientId,
    iss: `${AUTHORITY}/${GRAPH_USER.tenantId}/v2.0`,
    iat: now,
    nbf: now,
    exp: now + TOKEN_LIFETIME_SECONDS,
    oid: GRAPH_USER.id,
    sub: GRAPH_USER.id,
    tid: GRAPH_USER.tenantId,
    name: GRAPH_USER.displayName,
    preferred_username: GRAPH_USER.userPrincipalName,
    ver: '2.0',
  };
  return `${encoded({ typ: 'JWT', alg: 'none' })}.${encoded(claims)}.`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function openidConfiguration(tenant: string): Record<string, unknown> {
  const base = `${AUTHORITY}/${tenant}`;
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_types_supported: ['code', 'id_token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

function instanceDiscovery(): Record<string, unknown> {
  const { host } = new URL(AUTHORITY);
  return {
    'api-version': '1.1',
    tenant_discovery_endpoint: `${AUTHORITY}/common/v2.0/.well-known/openid-configuration`,
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  };
}

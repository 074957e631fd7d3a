/** `routes:` as a whole: what is wrong with a route beside the others and the rest of the file. */
import { z } from 'zod';
import { checkCallbackUrl, type CallbackPolicy } from '../acknowledgements/policy.js';
import { compileGlob } from '../lib/glob.js';
import { routeSchema, type RouteSettings } from '../routing/route.js';
import { nearest, remedy } from '../lib/nearest.js';

export const routeListSchema = z.array(routeSchema).default([]);

/** What routes may name. */
export interface KnownNames {
  sources: readonly string[];
  retryProfiles: readonly string[];
  templates: readonly string[];
  callbacks: CallbackPolicy | undefined;
}

/** As `routes.2.retryProfile: …`. */
export function routeListFaults(routes: readonly RouteSettings[], known: KnownNames): string[] {
  return routes.flatMap((route, index) =>
    [
      ...sourceFaults(route, known.sources),
      ...profileFaults(route, known.retryProfiles),
      ...templateFaults(route, known.templates),
      ...callbackFaults(route, known.callbacks),
      ...placeFaults(route, routes.slice(0, index)),
    ].map((fault) => `routes.${index}.${fault}`),
  );
}

/**
 * A source that no entry of `sources` has may send to `POST /v1/events`. So only a name that is nearly one of them is a fault.
 */
function sourceFaults({ match }: RouteSettings, sources: readonly string[]): string[] {
  const named = match.filter(({ field }) => field === 'source').flatMap(({ anyOf }) => anyOf);
  return named.flatMap((pattern) => {
    const { exact } = compileGlob(pattern);
    if (exact === undefined || sources.includes(exact)) return [];
    const meant = nearest(exact, sources);
    if (meant === undefined) return [];
    return [
      `match.source: there is no source "${exact}"; did you mean "${meant}"? A source that sends to /v1/events needs an entry under "sources", which may be empty, where its name is so similar`,
    ];
  });
}

function profileFaults({ retryProfile }: RouteSettings, profiles: readonly string[]): string[] {
  if (retryProfile === undefined || profiles.includes(retryProfile)) return [];
  return [
    `retryProfile: there is no retry profile "${retryProfile}"; ${remedy(retryProfile, profiles)}`,
  ];
}

function templateFaults({ template }: RouteSettings, templates: readonly string[]): string[] {
  if (template === undefined || templates.includes(template)) return [];
  const hint = templates.length === 0 ? 'add it to "templates"' : remedy(template, templates);
  return [`template: there is no template "${template}"; ${hint}`];
}

function callbackFaults(
  { acknowledge }: RouteSettings,
  callbacks: CallbackPolicy | undefined,
): string[] {
  const fault = acknowledge && checkCallbackUrl(acknowledge.url, callbacks);
  return fault === undefined ? [] : [`acknowledge.url: ${fault}`];
}

function placeFaults({ name }: RouteSettings, before: readonly RouteSettings[]): string[] {
  const namesake = before.findIndex((each) => each.name === name);
  if (namesake !== -1) return [`name: routes.${namesake} has the same name`];
  const all = before.find((each) => each.match.length === 0 && !each.when && !each.continue);
  if (!all) return [];
  return [
    `name: no event reaches this route, since the route "${all.name}" before it takes all of them; move that one to the end, or give it "continue: true"`,
  ];
}

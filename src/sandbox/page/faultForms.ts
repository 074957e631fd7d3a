/** Buttons that set and clear faults: what a tutorial needs, without JSON. Everything else is set with `POST /control/faults`. */
import express, { type RequestHandler, type Router } from 'express';
import { z } from 'zod';
import { isFromOtherSite } from '../../lib/requestSite.js';
import type { ActiveFault, FaultInput } from '../faults.js';
import { escapeHtml } from './escape.js';

/** What the buttons do. */
export interface FaultActions {
  addFault: (fault: FaultInput) => string;
  removeFault: (id: string) => boolean;
  clearFaults: () => void;
}

interface Preset {
  /** In the form. */
  name: string;
  label: string;
  fault: FaultInput;
}

const PRESETS: readonly { platform: string; presets: readonly Preset[] }[] = [
  {
    platform: 'Slack',
    presets: [
      {
        name: 'slack-not-in-channel',
        label: 'Refuse the next post: not in the channel',
        fault: {
          ...{ kind: 'slack_error', error: 'not_in_channel', platform: 'slack' },
          ...{ operation: 'chat.postMessage', times: 1 },
        },
      },
      {
        name: 'slack-rate-limited',
        label: 'Answer the next 3 requests 429, Retry-After 2 s',
        fault: { kind: 'rate_limited', platform: 'slack', retryAfter: '2', times: 3 },
      },
      {
        name: 'slack-lost-answer',
        label: 'Post the next message, and lose the answer',
        fault: { kind: 'reset', platform: 'slack', when: 'after', times: 1 },
      },
      {
        name: 'slack-down',
        label: 'Be down (503), until cleared',
        fault: { kind: 'http_error', platform: 'slack', status: 503 },
      },
      {
        name: 'slack-token',
        label: 'Refuse the token, until cleared',
        fault: { kind: 'revoked_token', platform: 'slack' },
      },
    ],
  },
  {
    platform: 'Teams',
    presets: [
      {
        name: 'teams-forbidden',
        label: 'Refuse the next request: 403 Forbidden',
        fault: {
          ...{ kind: 'graph_error', status: 403, code: 'Forbidden', platform: 'teams' },
          times: 1,
        },
      },
      {
        name: 'teams-rate-limited',
        label: 'Answer the next 3 requests 429, Retry-After 2 s',
        fault: { kind: 'rate_limited', platform: 'teams', retryAfter: '2', times: 3 },
      },
      {
        name: 'teams-lost-answer',
        label: 'Post the next message, and lose the answer',
        fault: { kind: 'reset', platform: 'teams', when: 'after', times: 1 },
      },
      {
        name: 'teams-down',
        label: 'Be down (503), until cleared',
        fault: { kind: 'http_error', platform: 'teams', status: 503 },
      },
    ],
  },
];

const PRESETS_BY_NAME = new Map(
  PRESETS.flatMap(({ presets }) => presets.map(({ fault, name }) => [name, fault] as const)),
);

/** The buttons that set faults. They don't change while the page is open. */
export function presetsHtml(): string {
  const groups = PRESETS.map(({ platform, presets }) => {
    const buttons = presets.map(
      ({ label, name }) => `<button name="preset" value="${name}">${escapeHtml(label)}</button>`,
    );
    return `<fieldset><legend>${platform}</legend>${buttons.join('')}</fieldset>`;
  });
  return `<details class="presets"><summary>Set a fault …</summary><form method="post" action="/page/faults" aria-label="Set a fault">${groups.join('')}</form></details>`;
}

/** The faults that are set, each with a button that clears it. */
export function faultsHtml(faults: readonly ActiveFault[]): string {
  if (faults.length === 0) return '';
  const rows = faults.map(({ id, fault, applied }) => {
    const { kind, platform, path, operation, times, ...rest } = fault;
    const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    const where = [platform, path, operation].filter((part) => part !== undefined).join(' · ');
    const hits = `${applied}${times === undefined ? '' : ` of ${times}`} hit`;
    return `<li><code>${escapeHtml(id)}</code> <strong>${escapeHtml(kind)}</strong> ${escapeHtml(details.join(', '))} <span>${escapeHtml(where)} — ${hits}</span> <button name="clear" value="${escapeHtml(id)}" aria-label="Clear ${escapeHtml(id)}">Clear</button></li>`;
  });
  return `<section class="faults"><h2>Faults that are set</h2><form method="post" action="/page/faults" aria-label="Clear faults"><ul>${rows.join('')}</ul><button name="clear" value="all">Clear all</button></form></section>`;
}

const FORM_LIMIT = '4kb';

const formSchema = z.union([
  z.strictObject({ preset: z.string() }),
  z.strictObject({ clear: z.string() }),
]);

/** `POST /page/faults`: what a button does, and back to the page. */
export function faultForms(router: Router, actions: FaultActions): void {
  router.post(
    '/page/faults',
    refuseOtherSites,
    express.urlencoded({ extended: false, limit: FORM_LIMIT }),
    (request, response) => {
      const form = formSchema.safeParse(request.body);
      if (!form.success || !act(form.data, actions)) {
        response.status(400).json({ error: 'The page has no such button: load it again.' });
        return;
      }
      response.redirect(303, '/');
    },
  );
}

/** @returns false where there is no such preset. A fault that is gone already is cleared. */
function act(form: z.output<typeof formSchema>, actions: FaultActions): boolean {
  if ('preset' in form) {
    const fault = PRESETS_BY_NAME.get(form.preset);
    if (fault) actions.addFault(fault);
    return fault !== undefined;
  }
  if (form.clear === 'all') actions.clearFaults();
  else actions.removeFault(form.clear);
  return true;
}

/** Any page can send a form to any address: browsers say which site's page does. */
const refuseOtherSites: RequestHandler = (request, response, next) => {
  if (!isFromOtherSite(request.headers)) next();
  else response.status(403).json({ error: 'The sandbox refuses forms of other sites.' });
};

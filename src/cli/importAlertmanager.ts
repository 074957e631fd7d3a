/** `sendproof import alertmanager.yml`. */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { CommandContext } from './command.js';
import { FailureError } from './errors.js';
import { ExitCode } from './exitCode.js';
import { AlertmanagerFile } from './import/alertmanagerFile.js';
import { muteWindows, type MuteWindow } from './import/muteTimes.js';
import { destinationsOf } from './import/receivers.js';
import { flatRoutes, type FlatRoute } from './import/routes.js';
import { read } from './routesTest.js';

/** Of the source, and of every condition. */
const SOURCE = 'alertmanager';

/** The whole day: what no destination takes is shown nowhere, as with a receiver without configurations. */
const ALWAYS: MuteWindow = { timeZone: 'UTC' };

export interface Translation {
  /** A `sendproof.yaml`. */
  configuration: string;
  /** What was not translated, or has to be looked at, each with file and line. */
  notes: string[];
}

export function importAlertmanager(file: string, { output }: CommandContext): Promise<ExitCode> {
  const translation = translated(file, read(file).toString());
  output.result(translation, () => translation.configuration.trimEnd());
  for (const note of translation.notes) output.remark(note);
  return Promise.resolve(ExitCode.done);
}

/** @throws FailureError where it is not YAML */
export function translated(name: string, text: string): Translation {
  let file: AlertmanagerFile;
  try {
    file = new AlertmanagerFile(basename(name), text);
  } catch (error) {
    throw new FailureError((error as Error).message, { cause: error });
  }
  const { byReceiver, webhooks } = destinationsOf(file);
  const windows = muteWindows(file);
  const names = new Set<string>();
  const routes = flatRoutes(file).map((route) => {
    const to = byReceiver.get(route.receiver) ?? [];
    if (to.length === 0) {
      file.note(
        route.path,
        `the receiver "${route.receiver}" has no destination here: its events are muted`,
      );
    }
    return entryOf(route, { name: uniqueName(route, names), to, windows });
  });
  const configuration = stringify({
    sources: { [SOURCE]: { type: SOURCE, bearer: { env: 'ALERTMANAGER_TOKEN' } } },
    ...(webhooks.size > 0 && {
      accounts: Object.fromEntries(
        [...webhooks].map(([platform, named]) => [
          platform,
          {
            default: {
              webhooks: Object.fromEntries([...named].map(([each, env]) => [each, { env }])),
            },
          },
        ]),
      ),
    }),
    routes,
  });
  return { configuration: `${HEADER}${configuration}`, notes: file.notes };
}

const HEADER = `# Made by "sendproof import" of the configuration of Alertmanager.
# In Alertmanager, keep one receiver, with webhook_configs: the URL of this source, and the token of
# ALERTMANAGER_TOKEN as http_config.authorization.credentials. Group by every label that a route names.
`;

function entryOf(
  route: FlatRoute,
  { name, to, windows }: { name: string; to: string[]; windows: Map<string, MuteWindow[]> },
): object {
  const mute = to.length === 0 ? [ALWAYS] : route.mutes.flatMap((each) => windows.get(each) ?? []);
  return {
    name,
    match: { source: SOURCE, ...route.match },
    ...(route.when !== undefined && { when: route.when }),
    to: to.length === 0 ? ['slack:default/#alerts'] : to,
    ...(route.continue && { continue: true }),
    ...(mute.length > 0 && { mute }),
  };
}

/** The receiver's name, and a number where it is taken. */
function uniqueName({ receiver }: FlatRoute, names: Set<string>): string {
  const base =
    receiver
      .replace(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50) || 'route';
  let name = base;
  for (let number = 2; names.has(name); number += 1) name = `${base}-${number}`;
  names.add(name);
  return name;
}

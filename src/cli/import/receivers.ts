/** Alertmanager's receivers as destinations. */
import { own } from '../../lib/own.js';
import { isMap, listIn, textIn, type AlertmanagerFile, type Path } from './alertmanagerFile.js';

export interface Destinations {
  /** By the name of the receiver. */
  byReceiver: Map<string, string[]>;
  /** The webhooks of Teams that have to be set, each by the name of its variable. */
  webhooks: Map<string, string>;
}

/** What sendproof doesn't post to, and what to do instead. */
const OTHERS: Readonly<Record<string, string>> = {
  pagerduty_configs:
    'sendproof does not raise incidents: let Alertmanager send to PagerDuty as before',
  webhook_configs: 'sendproof does not call webhooks: let Alertmanager call it as before',
};

export function destinationsOf(file: AlertmanagerFile): Destinations {
  const destinations: Destinations = { byReceiver: new Map(), webhooks: new Map() };
  listIn(file.content, 'receivers').forEach((receiver, index) => {
    if (!isMap(receiver)) return;
    const name = textIn(receiver, 'name') ?? '';
    const found = Object.entries(receiver).flatMap(([kind, configs]) =>
      Array.isArray(configs)
        ? (configs as unknown[]).flatMap((config, position) =>
            destinationOf(kind, config, {
              file,
              receiver: name,
              path: ['receivers', index, kind, position],
              webhooks: destinations.webhooks,
            }),
          )
        : [],
    );
    destinations.byReceiver.set(name, [...new Set(found)]);
  });
  return destinations;
}

interface Place {
  file: AlertmanagerFile;
  receiver: string;
  path: Path;
  webhooks: Map<string, string>;
}

function destinationOf(kind: string, config: unknown, place: Place): string[] {
  const { file, path } = place;
  if (kind === 'slack_configs') return slackDestination(isMap(config) ? config : {}, place);
  if (kind === 'msteams_configs' || kind === 'msteamsv2_configs') {
    const name =
      place.receiver.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '') || 'teams';
    const unique = place.webhooks.has(name) ? `${name}-${String(path.at(-1))}` : name;
    const variable = `TEAMS_WEBHOOK_${unique.toUpperCase().replace(/\W+/g, '_')}`;
    place.webhooks.set(unique, variable);
    file.note(path, `set the environment variable ${variable} to its webhook_url`);
    return [`teams-webhook:default/${unique}`];
  }
  file.note(
    path,
    own(OTHERS, kind) ?? 'is not a destination of sendproof: let Alertmanager send there as before',
  );
  return [];
}

const CHANNEL_ID = /^[CDG][A-Z0-9]{7,30}$/;

function slackDestination(config: Record<string, unknown>, { file, path }: Place): string[] {
  const channel = textIn(config, 'channel')?.trim() ?? '';
  if (CHANNEL_ID.test(channel)) return [`slack:default/${channel}`];
  const name = channel.replace(/^#/, '').toLowerCase();
  if (/^[a-z0-9_-]{1,80}$/.test(name)) return [`slack:default/#${name}`];
  file.note(
    path,
    channel === ''
      ? 'names no channel: its api_url belongs to one. Replace slack:default/#alerts by that channel'
      : 'its channel is a template or a person. Replace slack:default/#alerts by a channel',
  );
  return ['slack:default/#alerts'];
}

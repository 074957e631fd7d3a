/** Alertmanager's receivers as destinations. */
import { own } from '../../lib/own.js';
import { isMap, listIn, textIn, type AlertmanagerFile, type Path } from './alertmanagerFile.js';

export interface Destinations {
  /** By the name of the receiver. */
  byReceiver: Map<string, string[]>;
  /** The webhooks that have to be set: by platform, the name of each with the name of its variable. */
  webhooks: Map<string, Map<string, string>>;
}

/** What posts to a webhook of a channel: the platform here, and how its variables begin. */
const WEBHOOKS: Readonly<Record<string, { platform: string; prefix: string }>> = {
  msteams_configs: { platform: 'teams-webhook', prefix: 'TEAMS' },
  msteamsv2_configs: { platform: 'teams-webhook', prefix: 'TEAMS' },
  discord_configs: { platform: 'discord-webhook', prefix: 'DISCORD' },
  mattermost_configs: { platform: 'mattermost-webhook', prefix: 'MATTERMOST' },
};

/** What sendproof doesn't post to, and what to do instead. */
const OTHERS: Readonly<Record<string, string>> = {
  pagerduty_configs:
    'sendproof does not raise incidents: let Alertmanager send to PagerDuty as before',
  webhook_configs: 'a webhook gets another body from sendproof: let Alertmanager call it as before',
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
  webhooks: Destinations['webhooks'];
}

function destinationOf(kind: string, config: unknown, place: Place): string[] {
  const { file, path } = place;
  if (kind === 'slack_configs') return slackDestination(isMap(config) ? config : {}, place);
  const webhook = own(WEBHOOKS, kind);
  if (webhook) return [webhookDestination(webhook, place)];
  file.note(
    path,
    own(OTHERS, kind) ?? 'is not a destination of sendproof: let Alertmanager send there as before',
  );
  return [];
}

function webhookDestination(
  { platform, prefix }: { platform: string; prefix: string },
  { file, path, receiver, webhooks }: Place,
): string {
  const known = webhooks.get(platform) ?? new Map<string, string>();
  webhooks.set(platform, known);
  const fallback = prefix.toLowerCase();
  const name = receiver.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^-+|-+$/g, '') || fallback;
  const unique = known.has(name) ? `${name}-${String(path.at(-1))}` : name;
  const variable = `${prefix}_WEBHOOK_${unique.toUpperCase().replace(/\W+/g, '_')}`;
  known.set(unique, variable);
  file.note(path, `set the environment variable ${variable} to its webhook_url`);
  return `${platform}:default/${unique}`;
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

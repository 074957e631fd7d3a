/** Prometheus's Alertmanager as it is released: a sender that nobody here wrote. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { spawnKept } from '../src/embedded/keptProcess.js';
import { LOOPBACK, resolvePort } from '../src/lib/ports.js';
import { eventually } from './eventually.js';
import { runToEnd } from './runToEnd.js';
import { installedOnce } from './userCache.js';

const STOP_GRACE_MS = 2_000;

/** The versions that are run: Debian's package, and a release that is built from its source. */
export type AlertmanagerVersion = 'debian' | 'v0.31.1';

/** Gets it into this user's cache once. Rejects with what `apt-get` or `go` says where that fails. */
export async function installAlertmanager(version: AlertmanagerVersion): Promise<string> {
  const make = version === 'debian' ? fromDebian : build(version);
  return join(await installedOnce(`alertmanager-${version}`, make), 'alertmanager');
}

/** Where Debian's build looks for its templates: only the installed package has them there. */
const TEMPLATES = '/usr/share/prometheus/alertmanager';

/**
 * The package of the system's own release, unpacked and not installed, since that takes no rights. So the absolute path of its
 * templates becomes a relative one of the same length.
 */
async function fromDebian(directory: string): Promise<void> {
  await runToEnd('apt-get', ['download', 'prometheus-alertmanager'], { cwd: directory });
  const [file = ''] = (await readdir(directory)).filter((name) => name.endsWith('.deb'));
  await runToEnd('dpkg-deb', ['--extract', file, '.'], { cwd: directory });
  await rm(join(directory, file));
  const command = await readFile(join(directory, 'usr/bin/prometheus-alertmanager'));
  const relative = Buffer.from(TEMPLATES.replace('/usr/', 'usr//'));
  for (let at = command.indexOf(TEMPLATES); at >= 0; at = command.indexOf(TEMPLATES, at + 1)) {
    relative.copy(command, at);
  }
  await writeFile(join(directory, 'alertmanager'), command, { mode: 0o755 });
}

function build(version: string): (directory: string) => Promise<unknown> {
  const command = `github.com/prometheus/alertmanager/cmd/alertmanager@${version}`;
  return async (directory) => {
    const environment = { ...process.env, GOBIN: directory, CGO_ENABLED: '0' };
    await runToEnd('go', ['install', '-ldflags=-s -w', command], { cwd: directory, environment });
  };
}

export interface Alertmanager {
  /** Fires it, or says that it is over. */
  alert(name: string, times: { startsAt: Date; endsAt?: Date }): Promise<void>;
  stop(): Promise<void>;
}

/**
 * One instance, or several that know each other as a cluster. Notifications go to `webhook` within a second, changes of a group
 * within 5 s, and repetitions come every 10 s.
 */
export async function startAlertmanagers(options: {
  command: string;
  instances: number;
  directory: string;
  webhook: { url: string; username: string; password: string };
}): Promise<Alertmanager> {
  const { command, directory, instances, webhook } = options;
  await writeFile(join(directory, 'password'), webhook.password);
  const file = join(directory, 'alertmanager.yml');
  await writeFile(file, JSON.stringify(configurationFor(webhook, directory)));
  const peers: string[] = [];
  const running: { url: string; stop: () => Promise<void> }[] = [];
  for (let instance = 0; instance < instances; instance += 1) {
    const address = `${LOOPBACK}:${await resolvePort(0)}`;
    const peer = instances > 1 ? `${LOOPBACK}:${await resolvePort(0)}` : '';
    const child = spawnKept(
      command,
      [
        `--config.file=${file}`,
        `--storage.path=${join(directory, `data-${instance}`)}`,
        `--web.listen-address=${address}`,
        `--cluster.listen-address=${peer}`,
        ...peers.map((each) => `--cluster.peer=${each}`),
      ],
      { cwd: dirname(command) },
    );
    child.stdout.resume();
    child.stderr.resume();
    peers.push(peer);
    running.push({ url: `http://${address}`, stop: () => child.stop(STOP_GRACE_MS) });
  }
  for (const { url } of running) {
    await eventually(async () => {
      const { ok } = await fetch(`${url}/-/ready`);
      if (!ok) throw new Error(`${url} is not ready`);
    });
  }
  return {
    // Prometheus, too, sends to every instance.
    alert: async (name, { endsAt, startsAt }) => {
      for (const { url } of running) {
        const alert = {
          labels: { alertname: name, severity: 'critical' },
          annotations: { summary: `${name} 😀` },
          startsAt,
          ...(endsAt && { endsAt }),
          generatorURL: 'http://prometheus.example/graph',
        };
        const { ok } = await fetch(`${url}/api/v2/alerts`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify([alert]),
        });
        if (!ok) throw new Error(`${url} doesn’t take alerts`);
      }
    },
    stop: async () => {
      await Promise.all(running.map(({ stop }) => stop()));
    },
  };
}

function configurationFor(
  { url, username }: { url: string; username: string },
  directory: string,
): object {
  return {
    route: {
      receiver: 'sendproof',
      group_by: ['alertname'],
      group_wait: '1s',
      group_interval: '5s',
      repeat_interval: '10s',
    },
    receivers: [
      {
        name: 'sendproof',
        webhook_configs: [
          {
            url,
            send_resolved: true,
            http_config: {
              basic_auth: { username, password_file: join(directory, 'password') },
            },
          },
        ],
      },
    ],
  };
}

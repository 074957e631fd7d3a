/** What `npm start` prints once everything has started. */
import { shellWord } from '../lib/shellCommand.js';

export interface Addresses {
  api: string;
  sandbox: string | undefined;
  temporal: string;
  temporalUi: string | undefined;
}

/** The addresses, and commands to try that work as they are. */
export function welcome(
  addresses: Addresses,
  toTry: { destinations: string[]; withApiKey: boolean },
): string {
  const { api, sandbox, temporal, temporalUi } = addresses;
  const rows = [
    ['API', api],
    ['Pages', `${api}/messages`],
    ['Sandbox', sandbox && `${sandbox} (simulates the platforms, and shows what people would see)`],
    ['Temporal', temporal],
    ['Temporal Web UI', temporalUi],
  ];
  const body = JSON.stringify({
    deduplicationKey: 'first',
    destinations: toTry.destinations,
    content: { text: '**Alert 55**: disk full' },
  });
  return [
    '',
    'sendproof is running. Press Ctrl-C to stop it; deliveries in progress continue at the next start.',
    '',
    ...rows.flatMap(([name = '', address]) => (address ? [`  ${name.padEnd(16)} ${address}`] : [])),
    '',
    'Try:',
    '',
    `  curl -i ${shellWord(`${api}/v1/messages`)} -H 'content-type: application/json' \\`,
    ...(toTry.withApiKey ? ["    -H 'authorization: Bearer <one of SENDPROOF_API_KEYS>' \\"] : []),
    `    -d ${shellWord(body)}`,
    `  curl ${shellWord(`${api}/v1/messages/first`)}`,
    '',
  ].join('\n');
}

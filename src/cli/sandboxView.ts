/** How the platforms would show a message: posted by their own adapters to a sandbox of this process, which nobody else sees. */
import { messagePage } from '../domain/messagePage.js';
import { parseDestination } from '../domain/destination.js';
import type { SourceEvent } from '../domain/event.js';
import { allDestinations, type Content, type Route } from '../domain/message.js';
import { DeliveryError } from '../domain/delivery.js';
import { PLATFORMS } from '../destinations/registry.js';
import type { DestinationAdapter } from '../destinations/destination.js';
import { withSecretsOf } from '../lib/secret.js';
import type { Sandbox } from '../sandbox/interface.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { isSandboxed, sandboxVariables } from '../start/sandboxAccounts.js';

export interface ShownPost {
  destination: string;
  /** What a reader sees, without mark-up. */
  text: string;
  /** The post in its platform's own form; undefined where the sandbox doesn't simulate the platform. */
  content?: unknown;
}

/** One post for each destination and fallback of the route. */
export async function sandboxView(
  to: readonly Route[],
  content: Content,
  { reference, source, url }: SourceEvent,
  deduplicationKey: string,
): Promise<ShownPost[]> {
  const sandbox = await startSandbox({ limits: 'off', openDestinations: true });
  try {
    const shown: ShownPost[] = [];
    for (const destination of allDestinations(to)) {
      const { path, platform } = parseDestination(destination);
      const adapter = adapterFor(platform, sandbox);
      if (!adapter) {
        shown.push({ destination, text: `(the sandbox does not simulate ${platform})` });
        continue;
      }
      try {
        await adapter.post({
          deliveryId: `routes-test-${shown.length}`,
          path: isWebhook(platform) ? 'default' : path,
          traceId: '0'.repeat(32),
          content,
          correlation: {
            source,
            ...(reference !== undefined && { reference }),
            ...(url !== undefined && { url }),
          },
          page: messagePage(deduplicationKey, undefined),
          inParts: 'never',
        });
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        shown.push({ destination, text: `(not shown: ${error.message})` });
        continue;
      }
      const post = sandbox.posts().at(-1);
      shown.push({ destination, text: post?.text ?? '', content: post?.content });
    }
    return shown;
  } finally {
    await sandbox.close();
  }
}

/** Whether each destination has a URL of its own, of which the sandbox has one. */
function isWebhook(name: string): boolean {
  return PLATFORMS.some((each) => each.name === name && each.credentials === 'destination');
}

/** Undefined where the sandbox doesn't simulate the platform. */
function adapterFor(name: string, sandbox: Sandbox): DestinationAdapter | undefined {
  const platform = PLATFORMS.find((each) => each.name === name);
  if (!platform || !isSandboxed(name)) return undefined;
  const variables = sandboxVariables(sandbox, [name], {});
  const account: unknown = platform.accountFromEnvironment(variables);
  return platform.createAdapter(
    withSecretsOf(variables, () => platform.accountSchema.parse(account)),
  );
}

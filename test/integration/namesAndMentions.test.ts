/** Channels and people by name, and mentions, from the request to what people see on Slack and Teams. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENTS, startHarness, type Harness, type ProblemBody } from '../harness.js';
import { runSendproof } from '../sendproofCommand.js';

const OPS_CHANNEL = 'C0123ABC';

const directory = mkdtempSync(join(tmpdir(), 'sendproof-names-'));

function secretFile(name: string, value: string): { file: string } {
  const file = join(directory, name);
  writeFileSync(file, value);
  return { file };
}

let harness: Harness;
beforeAll(async () => {
  const limits = { perDestination: 'off', perAccount: 'off' };
  harness = await startHarness({
    sandboxSettings: (sandbox) => {
      const slack = {
        limits,
        apiUrl: sandbox.slackApiUrl,
        token: secretFile('slack-token', sandbox.slackToken),
      };
      return {
        accounts: {
          slack: {
            default: { ...slack, mentions: { users: true, groups: ['S0ONCALL1'], here: true } },
            quiet: slack,
          },
          teams: {
            default: {
              limits,
              graphUrl: sandbox.graphBaseUrl,
              accessToken: secretFile('graph-token', sandbox.graphToken),
              mentions: { users: true, channel: true },
            },
          },
        },
        names: { [`slack:default/${OPS_CHANNEL}`]: 'Ops team' },
      };
    },
  });
});
afterAll(async () => {
  await harness.close();
  rmSync(directory, { recursive: true });
});

let messages = 0;

/** Sends a message whose text no other message has. */
async function send(destination: string, content: object = {}) {
  messages += 1;
  const deduplicationKey = `named-${messages}`;
  const { body, status } = await harness.send({
    deduplicationKey,
    destinations: [destination],
    content: { text: `text ${messages}.`, ...content },
  });
  return { body, deduplicationKey, status };
}

async function confirmed(destination: string, content?: object) {
  const { deduplicationKey, status } = await send(destination, content);
  expect(status).toBe(202);
  const state = await harness.waitForStatus(deduplicationKey, 'confirmed');
  return {
    deduplicationKey,
    receipt: state.deliveries[0]?.receipt,
    explanation: state.explanation,
  };
}

async function deadLetter(destination: string, content?: object) {
  const { deduplicationKey } = await send(destination, content);
  const [delivery] = (await harness.waitForStatus(deduplicationKey, 'dead_lettered')).deliveries;
  return { deduplicationKey, reason: delivery?.reason, detail: delivery?.detail };
}

const asked = (operation: string) => harness.sandbox.requests({ operation }).length;
const lastPost = () => harness.sandbox.posts({ platform: 'slack' }).at(-1);

describe('a channel by its name', () => {
  it('is looked up when the message is sent, once for many', async () => {
    const { explanation, receipt } = await confirmed('slack:default/#ops');
    expect(receipt?.channel).toBe(OPS_CHANNEL);
    expect(explanation).toContain(`posted to slack:default/#ops (${OPS_CHANNEL}) at `);
    await confirmed('slack:default/#ops');
    await confirmed('slack:default/#deploys');
    expect(asked('conversations.list')).toBe(1);
  });

  it('is shown with its id by the timeline and the command line', async () => {
    const { deduplicationKey } = await confirmed('slack:default/#ops');
    const label = `slack:default/#ops (${OPS_CHANNEL})`;
    const page = await fetch(`${harness.api.url}/messages/${deduplicationKey}`);
    expect(await page.text()).toContain(`Confirmed by ${label}`);
    const environment = { SENDPROOF_URL: harness.api.url };
    expect((await runSendproof(['status', deduplicationKey], { environment })).stdout).toContain(
      label,
    );
  });

  it('is a dead letter that says what to do where no channel has the name, and goes on once one has', async () => {
    const { deduplicationKey, detail, reason } = await deadLetter('slack:default/#missing');
    expect(reason).toBe('destination_not_found');
    expect(detail).toMatch(/no channel named #missing: check the name, and invite the app/);
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0NEW0001', name: 'missing' });
    // A name that nobody had is asked for again only after a while, so the retry uses the id.
    expect((await confirmed('slack:default/C0NEW0001')).receipt?.channel).toBe('C0NEW0001');
    await harness.request('POST', `/v1/messages/${deduplicationKey}/discard`, {
      by: 'ana',
      reason: 'sent by id',
    });
  });

  it('follows the name to another channel once Slack no longer posts to the first', async () => {
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0OLD0001', name: 'moved' });
    // The list is read anew for a name that it lacks once the channel that it had is gone.
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0123ABC', name: 'ops', archived: true });
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0OPS0002', name: 'ops' });
    expect((await confirmed('slack:default/#ops')).receipt?.channel).toBe('C0OPS0002');
    expect((await confirmed('slack:default/#moved')).receipt?.channel).toBe('C0OLD0001');
  });

  it('is a dead letter that says so where the channel is archived', async () => {
    harness.sandbox.addPlace({
      platform: 'slack',
      path: 'C0OLD0001',
      name: 'moved',
      archived: true,
    });
    const { detail, reason } = await deadLetter('slack:default/#moved');
    expect(reason).toBe('destination_not_found');
    expect(detail).toMatch(/#moved is archived: unarchive it, or send to another one/);
    harness.sandbox.addPlace({ platform: 'slack', path: 'C0123ABC', name: 'ops-old' });
  });
});

describe('a person by e-mail address', () => {
  it('gets a direct message, whose id is in the receipt', async () => {
    const { explanation, receipt } = await confirmed('slack:default/@ana@example.com');
    expect(receipt?.channel).toMatch(/^D/);
    expect(explanation).toContain(`slack:default/@ana@example.com (${receipt?.channel ?? ''})`);
    expect(lastPost()?.path).toBe(receipt?.channel);
    await confirmed('slack:default/@ana@example.com');
    expect(asked('users.lookupByEmail')).toBe(1);
    expect(asked('conversations.open')).toBe(1);
  });

  it('is a dead letter that says why where nobody has the address', async () => {
    const { detail, reason } = await deadLetter('slack:default/@nobody@example.com');
    expect(reason).toBe('destination_not_found');
    expect(detail).toContain('nobody in this workspace has this e-mail address');
  });
});

describe('a mention', () => {
  it('reaches those whom the message names and the account allows', async () => {
    await confirmed(`slack:default/${OPS_CHANNEL}`, {
      mentions: { users: ['ana@example.com', 'U0BEN0001'], groups: ['S0ONCALL1'], here: true },
    });
    expect(lastPost()?.text).toMatch(
      /^<@U0ANA0001> <@U0BEN0001> <!subteam\^S0ONCALL1> <!here>\ntext/,
    );
  });

  it.each([
    ['quiet', { users: ['U0BEN0001'] }, 'users'],
    ['default', { groups: ['S0OTHER01'] }, 'groups'],
    ['default', { channel: true }, 'channel'],
  ])('is refused by the account %s, which does not allow %j', async (account, mentions, kind) => {
    const { body, status } = await send(`slack:${account}/${OPS_CHANNEL}`, { mentions });
    expect(status).toBe(400);
    const [fault] = (body as unknown as ProblemBody).errors ?? [];
    expect(fault?.field).toContain(`content.mentions.${kind}`);
    expect(fault?.detail).toContain(`mentions: { ${kind}: `);
  });

  it('reaches people, the channel and no text on Teams', async () => {
    await confirmed(INCIDENTS, {
      text: '<at id="0">everybody</at>',
      mentions: { users: ['ana@example.com'], channel: true },
    });
    const [post] = harness.sandbox.posts({ platform: 'teams' });
    expect(post?.text).toMatch(/^Ana Silva Incidents\n<at id="0">everybody<\/at>/);
    expect((post?.content as unknown as { mentions: object[] }).mentions).toHaveLength(2);
  });

  it('is never made by text', async () => {
    await confirmed(`slack:default/${OPS_CHANNEL}`, {
      title: '<!here> @channel <@U0BEN0001>',
      text: '<!channel> @here <@U0BEN0001> <!subteam^S0ONCALL1> text',
    });
    const { content, text = '' } = lastPost() ?? {};
    expect(text).not.toMatch(/<[!@]/);
    expect(JSON.stringify(content)).not.toMatch(/"type":"(?:user|usergroup|broadcast)"/);
  });

  it('of somebody whom nobody knows is a dead letter that names the field', async () => {
    const { detail, reason } = await deadLetter(`slack:default/${OPS_CHANNEL}`, {
      mentions: { users: ['nobody@example.com'] },
    });
    expect(reason).toBe('content_rejected');
    expect(detail).toContain('content.mentions.users.0');
  });
});

it('has the names that the configuration gives destinations in lists, states and explanations', async () => {
  const destination = `slack:default/${OPS_CHANNEL}`;
  const { deduplicationKey, explanation } = await confirmed(destination);
  expect(explanation).toContain(`posted to Ops team (${destination}) at `);
  expect(await harness.message(deduplicationKey)).toMatchObject({
    names: { [destination]: 'Ops team' },
  });
  const environment = { SENDPROOF_URL: harness.api.url };
  const { stdout } = await runSendproof(['timeline', deduplicationKey], { environment });
  expect(stdout).toContain(`Confirmed by Ops team (${destination})`);
  await expect
    .poll(async () => (await runSendproof(['list', deduplicationKey], { environment })).stdout, {
      timeout: 30_000,
    })
    .toContain('Ops team');
});

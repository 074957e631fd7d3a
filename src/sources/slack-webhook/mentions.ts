import { wellFormed } from '../../lib/text.js';
import { isObject } from '../json.js';

/** `<!here>`, `<!channel>`, `<!subteam^S123|@team>`, `<@U123>`. */
const MENTION = /<(?:!(?:here|channel|everyone|subteam\^[^<>|]*)|@[^<>|]+)(?:\|[^<>]*)?>/g;

/** The types of rich text that notify people. */
const NOTIFYING = new Set(['broadcast', 'user', 'usergroup']);

/** The same post, in which every text can be sent, and mentions are text that notifies nobody unless they are allowed. */
export function sendable<Value>(value: Value, { mayMention }: { mayMention: boolean }): Value {
  return copied(value, mayMention) as Value;
}

function copied(value: unknown, mayMention: boolean): unknown {
  if (typeof value === 'string') {
    const text = wellFormed(value);
    return mayMention ? text : text.replaceAll(MENTION, named);
  }
  if (Array.isArray(value)) return value.map((each) => copied(each, mayMention));
  if (!isObject(value)) return value;
  const { type } = value;
  if (!mayMention && typeof type === 'string' && NOTIFYING.has(type)) return asText(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      // Slack looks for names in text that is to be parsed.
      name === 'parse' || name === 'link_names' ? undefined : copied(each, mayMention),
    ]),
  );
}

function named(mention: string): string {
  const [target = '', label] = mention.slice(1, -1).split('|', 2);
  if (label) return label.startsWith('@') ? label : `@${label}`;
  return target.startsWith('@') ? target : `@${target.slice(1).split('^')[0] ?? ''}`;
}

function asText(element: Readonly<Record<string, unknown>>): unknown {
  const { range, user_id: user, usergroup_id: group } = element;
  const name = [range, user, group].find((each) => typeof each === 'string');
  return { type: 'text', text: `@${typeof name === 'string' ? name : 'someone'}` };
}

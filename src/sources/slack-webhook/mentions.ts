import { wellFormed } from '../../lib/text.js';
import { isObject } from '../json.js';
import { inBrackets } from './mrkdwn.js';

/** `<!here>`, `<!channel>`, `<!subteam^S123|@team>`, `<@U123>`. */
const MENTION = /<(?:!(?:here|channel|everyone|group|subteam\^[^<>|]*)|@[^<>|]+)(?:\|[^<>]*)?>/g;

/**
 * What could begin a mention: names within others become one when the inner one is replaced, as `<<@U1|U2>>`. A date notifies nobody.
 */
const OPENING = /<(?=@|!(?!date\^))/g;

/** The types of rich text that notify people. */
const NOTIFYING = new Set(['broadcast', 'user', 'usergroup']);

/** The types of rich text in which a sign is never an entity. */
const LITERAL = new Set(['text', 'link']);

/** The same post, in which every text can be sent, and mentions are text that notifies nobody unless they are allowed. */
export function sendable<Value>(value: Value, { mayMention }: { mayMention: boolean }): Value {
  return copied(value, mayMention ? undefined : '&lt;') as Value;
}

/** @param bracket what stands for one that could begin a mention; undefined where it may */
function copied(value: unknown, bracket: string | undefined): unknown {
  if (typeof value === 'string') {
    const text = wellFormed(value);
    return bracket === undefined ? text : withoutMentions(text, bracket);
  }
  if (Array.isArray(value)) return value.map((each) => copied(each, bracket));
  if (!isObject(value)) return value;
  const { type } = value;
  const isLiteral = typeof type === 'string' && LITERAL.has(type);
  const inside = bracket !== undefined && isLiteral ? '<\u200B' : bracket;
  if (bracket !== undefined && typeof type === 'string' && NOTIFYING.has(type)) {
    return copied(asText(value), bracket);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      // Slack looks for names in text that is to be parsed.
      name === 'parse' || name === 'link_names' ? undefined : copied(each, inside),
    ]),
  );
}

function withoutMentions(text: string, bracket: string): string {
  return text.replaceAll(MENTION, named).replaceAll(OPENING, bracket);
}

function named(mention: string): string {
  const { label, target } = inBrackets(mention.slice(1, -1));
  if (label) return label.startsWith('@') ? label : `@${label}`;
  return target.startsWith('@') ? target : `@${target.slice(1).split('^')[0] ?? ''}`;
}

function asText(element: Readonly<Record<string, unknown>>): unknown {
  const { range, user_id: user, usergroup_id: group } = element;
  const name = [range, user, group].find((each) => typeof each === 'string');
  return { type: 'text', text: `@${typeof name === 'string' ? name : 'someone'}` };
}

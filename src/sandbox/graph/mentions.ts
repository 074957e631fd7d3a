/** Mentions of a message: https://learn.microsoft.com/graph/api/resources/chatmessagemention */
import { z } from 'zod';
import { badRequest } from './errors.js';
import { sanitiseAsTeams, textOfHtml } from './html.js';

const identity = { id: z.string().min(1), displayName: z.string().nullish() };

const mentionSchema = z.object({
  id: z.int().min(0),
  mentionText: z.string().min(1),
  mentioned: z.union([
    z.object({ user: z.object({ ...identity, userIdentityType: z.literal('aadUser') }) }),
    z.object({
      conversation: z.object({
        ...identity,
        conversationIdentityType: z.enum(['team', 'channel', 'chat']),
      }),
    }),
  ]),
});

export const mentionsSchema = z.array(mentionSchema);

const ELEMENT = /<at\b([^>]*)>([\s\S]*?)<\/at>/g;

/**
 * Graph refuses a message whose mentions and elements differ: each mention needs an element with its id and its text, as text, and
 * each element a mention. Whether there is such a person it doesn't look: a mention of an unknown id notifies nobody.
 *
 * @throws GraphRefusal 400
 */
export function checkMentions(
  { content, contentType }: { contentType: 'text' | 'html'; content: string },
  mentions: z.infer<typeof mentionsSchema>,
): void {
  if (contentType === 'text') {
    if (mentions.length > 0) throw badRequest('Mentions are only allowed in Html messages.');
    return;
  }
  const elements = [...sanitiseAsTeams(content).matchAll(ELEMENT)].map(
    ([, attributes = '', inner = '']) => ({
      id: /\bid="([^"]*)"/.exec(attributes)?.[1],
      text: textOfHtml(inner),
    }),
  );
  for (const { id, mentionText } of mentions) {
    if (mentions.filter((each) => each.id === id).length > 1) {
      throw badRequest(`There are several mentions with Id '${id}'.`);
    }
    if (elements.some((element) => element.id === String(id) && element.text === mentionText))
      continue;
    throw badRequest(
      `Neither Body nor adaptive card content contains marker for mention with Id '${id}'. Add '<at id="${id}">${mentionText}</at>' to the body or an adaptive card.`,
    );
  }
  const without = elements.find(({ id }) => !mentions.some((each) => String(each.id) === id));
  if (without) throw badRequest(`The mention with Id '${without.id ?? ''}' is in the body only.`);
}

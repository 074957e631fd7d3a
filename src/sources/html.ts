/** Simple HTML, as some senders have it in their texts. */

/** The same in Markdown, which shows tags as text. What is Markdown already stays so. */
export function htmlToMarkdown(text: string | undefined): string | undefined {
  return text
    ?.replaceAll(/\r\n?/g, '\n')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|tr|h[1-6])>/gi, '\n')
    .replaceAll(/<li(?:\s[^<>]*)?>/gi, '- ')
    .replaceAll(/<\/t[dh]>/gi, ' ')
    .replaceAll(/<\/?(?:b|strong)>/gi, '**')
    .replaceAll(/<\/?(?:i|em)>/gi, '*')
    .replaceAll(/<a\s[^<>]*?href="([^"<>]*)"[^<>]*>([^<>]*)<\/a>/gi, '[$2](<$1>)')
    .replaceAll(/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/gi, '')
    .trim();
}

const ENTITIES = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['#39', "'"],
  ['nbsp', ' '],
]);

/** Plain text, in which the entities that tools write are the characters that they mean. In Markdown they are without it. */
export function withoutEntities(text: string): string {
  return text.replaceAll(
    /&(#?[a-z0-9]{2,5});/gi,
    (entity, name: string) => ENTITIES.get(name) ?? entity,
  );
}

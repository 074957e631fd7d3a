/** Simple HTML, as some senders have it in their texts. */

/** The same in Markdown, which shows tags as text. What is Markdown already stays so. */
export function htmlToMarkdown(text: string | undefined): string | undefined {
  return text
    ?.replaceAll(/\r\n?/g, '\n')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|h[1-6])>/gi, '\n')
    .replaceAll(/<\/?(?:b|strong)>/gi, '**')
    .replaceAll(/<\/?(?:i|em)>/gi, '*')
    .replaceAll(/<a\s[^<>]*?href="([^"<>]*)"[^<>]*>([^<>]*)<\/a>/gi, '[$2](<$1>)')
    .replaceAll(/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/gi, '')
    .trim();
}

/** Byte-order marks, by the encoding that they stand for. */
const BYTE_ORDER_MARKS: [number[], string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];

/**
 * The text of an answer's body, without a byte-order mark. The encoding is that of the mark, else the `charset` of the
 * Content-Type, else UTF-8. Bytes that aren't text become U+FFFD.
 */
export function answerText(bytes: Uint8Array, contentType: string | undefined): string {
  const marked = BYTE_ORDER_MARKS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte));
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1];
  return decoderFor(marked?.[1] ?? charset ?? 'utf-8').decode(bytes);
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    // An encoding that does not exist.
    return new TextDecoder();
  }
}

/** HTTP as no well-behaved client sends it: bytes that are no text, headers sent twice. */
import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** Parsed where it is JSON. */
  body: unknown;
}

/**
 * Sends one request with exactly these header lines and bytes.
 *
 * @param named the Host header, where it isn't the one of the URL
 */
export async function rawRequest(
  url: string,
  requestLine: string,
  headers: readonly string[] = [],
  body: Buffer = Buffer.alloc(0),
  named?: string,
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  const lines = [
    `${requestLine} HTTP/1.1`,
    `Host: ${named ?? host}`,
    'Connection: close',
    ...headers,
  ];
  if (body.length > 0) lines.push(`Content-Length: ${body.length}`);
  const socket = connect(Number(port), hostname);
  // One byte for each character: a header may have any byte.
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return parsed(Buffer.concat(chunks).toString());
}

function parsed(answer: string): RawAnswer {
  const [head = '', ...rest] = answer.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const text = rest.join('\r\n\r\n');
  const isJson =
    headers['content-type']?.includes('json') && headers['transfer-encoding'] === undefined;
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text,
  };
}

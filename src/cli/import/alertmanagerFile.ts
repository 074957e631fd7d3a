/** `alertmanager.yml` as data, with the line of each part. */
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { own } from '../../lib/own.js';

export type Path = readonly (string | number)[];

export class AlertmanagerFile {
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #name: string;
  readonly notes: string[] = [];
  readonly content: Record<string, unknown>;

  /** @throws SyntaxError where it is not YAML, or no map */
  constructor(name: string, text: string) {
    this.#name = name;
    this.#document = parseDocument(text, { lineCounter: this.#lines });
    const [fault] = this.#document.errors;
    if (fault)
      throw new SyntaxError(`${name} is not valid YAML: ${fault.message.split('\n')[0] ?? ''}`);
    const content: unknown = this.#document.toJS();
    if (!isMap(content)) throw new SyntaxError(`${name} is not the configuration of Alertmanager.`);
    this.content = content;
  }

  /** Says that something was left out, or has to be looked at, with its line. */
  note(path: Path, sentence: string): void {
    const node: unknown = this.#document.getIn(path, true);
    const line = isNode(node) && node.range ? this.#lines.linePos(node.range[0]).line : 1;
    this.notes.push(`${this.#name}:${line}: ${path.map(String).join('.')}: ${sentence}`);
  }
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listIn(map: Record<string, unknown>, key: string): unknown[] {
  const value = own(map, key);
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function mapIn(map: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = own(map, key);
  return isMap(value) ? value : {};
}

/** A text, or a number as its text. */
export function textIn(map: Record<string, unknown>, key: string): string | undefined {
  const value = own(map, key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

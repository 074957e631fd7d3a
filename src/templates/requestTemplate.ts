/** Templates over a request, for sources whose payload has no form that is known. */
import { LiquidError, type Template as Pieces } from 'liquidjs';
import { remedy } from '../lib/nearest.js';
import { withoutMarks } from './compose.js';
import { engine, LONGEST_TEMPLATE, renderedText } from './engine.js';
import type { TemplateFault } from './paths.js';
import { faultOf } from './template.js';

/** What a template of a request can read. */
export interface RequestScope {
  /** Parsed JSON, the fields of a form, or text. */
  body: unknown;
  /** By their names in lower case. */
  headers: Readonly<Record<string, unknown>>;
  query: Readonly<Record<string, unknown>>;
  /** The element of the list that a request is split into. */
  item?: unknown;
}

/** Both throw where it can't be rendered, or takes too much work. */
export interface RequestTemplate {
  /** One line of plain text; empty where there is nothing. */
  line(scope: RequestScope): string;
  /** Markdown; empty where there is nothing. */
  markdown(scope: RequestScope): string;
}

/** The names of what the template can read. */
type Root = keyof RequestScope;

export class RequestTemplateError extends Error {
  override readonly name = 'RequestTemplateError';

  constructor({ line, message }: TemplateFault) {
    super(`line ${line}: ${message}`);
  }
}

/**
 * @param roots what there is to read
 *
 * @throws RequestTemplateError with the first thing that is wrong with it
 */
export function compileRequestTemplate(text: string, roots: readonly Root[]): RequestTemplate {
  const pieces = parsed(text);
  const fault = unknownName(pieces, roots);
  if (fault) throw new RequestTemplateError(fault);
  return {
    line: (scope) => {
      const { text: shown, written } = renderedText(pieces, { ...scope });
      return written.asPlainText(shown);
    },
    markdown: (scope) => {
      const { text: shown, written } = renderedText(pieces, { ...scope });
      return written.asMarkdown(shown).trim();
    },
  };
}

function parsed(text: string): Pieces[] {
  if (text.length > LONGEST_TEMPLATE) {
    throw new RequestTemplateError({
      line: 1,
      message: `must be at most ${LONGEST_TEMPLATE} characters`,
    });
  }
  try {
    return engine.parse(withoutMarks(text));
  } catch (error) {
    if (error instanceof LiquidError || error instanceof RangeError) {
      throw new RequestTemplateError(faultOf(error));
    }
    throw error;
  }
}

function unknownName(pieces: Pieces[], roots: readonly Root[]): TemplateFault | undefined {
  const { globals, variables } = engine.analyzeSync(pieces, { partials: false });
  for (const { location, segments } of Object.values(globals).flat()) {
    const [root] = segments;
    if (typeof root !== 'string' || roots.some((known) => known === root)) continue;
    return { line: location.row, message: `there is no "${root}" here; ${remedy(root, roots)}` };
  }
  for (const { location, segments } of Object.values(variables).flat()) {
    const [root, name] = segments;
    if (root !== 'headers' || typeof name !== 'string' || name === name.toLowerCase()) continue;
    const message = `the names of headers are in lower case here: write headers["${name.toLowerCase()}"]`;
    return { line: location.row, message };
  }
  return undefined;
}

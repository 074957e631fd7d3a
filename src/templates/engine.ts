/** LiquidJS, with only what a template may do: no files, no other templates, no chance, no present time, and bounds on its work. */
import {
  AssignTag,
  BreakTag,
  CaptureTag,
  CaseTag,
  CommentTag,
  Context,
  ContinueTag,
  CycleTag,
  EchoTag,
  ForTag,
  IfTag,
  InlineCommentTag,
  Liquid,
  LiquidTag,
  RawTag,
  UnlessTag,
  type Emitter,
  type Template,
} from 'liquidjs';
import { WrittenValues } from './compose.js';
import { FILTERS } from './filters.js';
import { RichText, segmentsOf } from './richText.js';

/** Of one template, in characters. */
export const LONGEST_TEMPLATE = 64 * 1024;

/**
 * What one rendering may take: one unit for each character or element that a filter reads or makes, and more for each piece of
 * the template. Counted, so that it is the same on every machine; all of it takes some 15 ms.
 */
const WORK_LIMIT = 500_000;
const WORK_OF_A_PIECE = 75;

/**
 * In milliseconds. A second limit, should something be more work than its count says. A usual rendering takes 0.02 ms, but a busy
 * machine may give the process no time for many of them.
 */
const TIME_LIMIT_MS = 250;

type TagClass = Liquid['tags'][string];

/** The values that a rendering has written: where its context keeps them. */
const WRITTEN = 'written';

/** What a template wrote for this scope. Throws what LiquidJS does where it can't be rendered, or takes too much. */
export function renderedText(
  pieces: Template[],
  scope: Readonly<Record<string, unknown>>,
): { text: string; written: WrittenValues } {
  const written = new WrittenValues();
  const context = new Context(scope, engine.options, { sync: true }, { liquid: engine });
  context.setRegister(WRITTEN, written);
  return { text: String(engine.renderSync(pieces, context)), written };
}

function writtenIn(context: Context): WrittenValues {
  const written = context.getRegister<unknown>(WRITTEN);
  if (written instanceof WrittenValues) return written;
  throw new TypeError('a rendering has a place for what it writes');
}

/** Keeps what it captures with how each piece of it is to be shown. */
class CapturePieces extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    const written = yield this.liquid.renderer.renderTemplates(this.templates, context);
    const pieces = new RichText(writtenIn(context).read(written));
    Object.assign(context.bottom(), { [this.variable]: pieces });
  }
}

const TAGS: Readonly<Record<string, TagClass>> = {
  '#': InlineCommentTag,
  assign: AssignTag,
  break: BreakTag,
  capture: CapturePieces,
  case: CaseTag,
  comment: CommentTag,
  continue: ContinueTag,
  cycle: CycleTag,
  echo: EchoTag,
  for: ForTag,
  if: IfTag,
  liquid: LiquidTag,
  raw: RawTag,
  unless: UnlessTag,
};
export const TAG_NAMES = Object.keys(TAGS);
export const FILTER_NAMES = Object.keys(FILTERS);

export const engine = createEngine();

function createEngine(): Liquid {
  const liquid = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    relativeReference: false,
    templates: {},
    parseLimit: LONGEST_TEMPLATE,
    renderLimit: TIME_LIMIT_MS,
    memoryLimit: WORK_LIMIT,
    timezoneOffset: 0,
    locale: 'en-US',
    dateFormat: '%Y-%m-%d %H:%M:%S %z',
    outputEscape(this: unknown, value: unknown) {
      const { context } = this as { context: Context };
      const segments = segmentsOf(value);
      context.memoryLimit.use(segments.reduce((sum, { text }) => sum + text.length, 0));
      return writtenIn(context).write(segments);
    },
  });
  for (const name of Object.keys(liquid.tags)) Reflect.deleteProperty(liquid.tags, name);
  for (const [name, tag] of Object.entries(TAGS)) liquid.registerTag(name, tag);
  for (const name of Object.keys(liquid.filters)) liquid.unregisterFilter(name);
  for (const [name, filter] of Object.entries(FILTERS)) liquid.registerFilter(name, filter);
  const { renderer } = liquid;
  const render = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = (pieces: Template[], context: Context, emitter?: Emitter) => {
    context.memoryLimit.use((pieces.length + 1) * WORK_OF_A_PIECE);
    return render(pieces, context, emitter);
  };
  return liquid;
}

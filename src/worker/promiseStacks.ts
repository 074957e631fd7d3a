/**
 * The SDK takes a stack trace at each promise of a workflow, and looks each of its lines up in the source map, for the query
 * `__stack_trace` ("Call Stack" in Temporal's Web UI). A message has some 60 promises: that was a third of the work of the workflows'
 * thread (docs/explanation/benchmark.md). No option turns it off. The SDK takes the trace from an `Error` without a message, which
 * nothing else makes: with this, such an error is none and has no trace. Errors that are thrown keep theirs.
 */
function dropPromiseStacks(): void {
  const Thrown = globalThis.Error;
  const Quick: ErrorConstructor = new Proxy(Thrown, {
    construct(target, given, created) {
      if (created !== Quick) return Reflect.construct(target, given, created) as Error;
      return given.length === 0 ? {} : (Reflect.construct(target, given) as Error);
    },
  });
  globalThis.Error = Quick;
}

/**
 * A statement for the beginning of a bundle of workflow code: before the SDK freezes what its workflows share. In one line with
 * the bundle's first, since the source map counts lines.
 */
export const DROP_PROMISE_STACKS = `(${String(dropPromiseStacks).replace(/\s*\n\s*/g, ' ')})();`;

import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { afterAll, describe, expect, it, vi } from 'vitest';

vi.mock('../../src/workflows/tracing/openTelemetry.js', () => ({
  loadOpenTelemetry: () => expect.fail('Nothing is sampled here.'),
}));

// Other files of this process load the interceptors with OpenTelemetry, before this file and after it.
vi.resetModules();
afterAll(() => void vi.resetModules());
const { interceptors } = await import('../../src/workflows/tracing/interceptors.js');

const LIBRARY = '@temporalio/interceptors-opentelemetry-v2/lib';
const headers = {
  '_tracer-data': defaultPayloadConverter.toPayload({
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
  }),
};

/** The library's interceptors, outside of a workflow. */
function libraryInterceptors(): WorkflowInterceptors {
  const load = createRequire(import.meta.url);
  vi.stubGlobal('AsyncLocalStorage', AsyncLocalStorage);
  Object.assign(load(`${LIBRARY}/workflow/workflow-imports.js`) as object, {
    workflowInfo: () => ({ workflowType: 'any' }),
    getRandomStream: () => Math,
  });
  const library = load(`${LIBRARY}/workflow-interceptors.js`) as {
    interceptors: () => WorkflowInterceptors;
  };
  return library.interceptors();
}

type Next = (input: unknown) => unknown;
type Call = (next: Next) => unknown;

function callOf(of: WorkflowInterceptors, direction: 'inbound' | 'outbound', method: string): Call {
  const [interceptor] = of[direction] as Record<string, (input: object, next: Next) => unknown>[];
  return (next) => interceptor?.[method]?.({ headers, options: {} }, next);
}

/** How many turns of the microtask queue a call takes, and when in them it has called what is next. */
async function turnsOf(call: Call, next: Next): Promise<{ until: number; settled: number }> {
  let turn = 0;
  let until = -1;
  let settled = -1;
  const done = () => (settled = turn);
  const returned = call((input) => {
    until = turn;
    return next(input);
  });
  (returned as Promise<unknown>).then(done, done);
  for (; settled < 0; turn += 1) await Promise.resolve();
  return { until, settled };
}

const outcomes: [string, Next][] = [
  ['resolves', () => Promise.resolve('value')],
  ['rejects', () => Promise.reject(new Error('refused'))],
  [
    'resolves late',
    async () => {
      for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
    },
  ],
];
const ours = interceptors();
const library = libraryInterceptors();
// The library registers a tracing of its own, as in a workflow's isolate, where nobody else has one.
afterAll(() => {
  for (const registered of [trace, context, propagation]) registered.disable();
  vi.unstubAllGlobals();
});

describe('a call without a span takes as many turns as one with a span', () => {
  it.each(
    (
      [
        ['inbound', 'execute'],
        ['inbound', 'handleSignal'],
        ['inbound', 'handleUpdate'],
        ['inbound', 'handleQuery'],
        ['outbound', 'scheduleActivity'],
        ['outbound', 'scheduleLocalActivity'],
        ['outbound', 'startChildWorkflowExecution'],
        ['outbound', 'signalWorkflow'],
        ['outbound', 'continueAsNew'],
      ] as const
    ).flatMap(([direction, method]) =>
      outcomes.map(([outcome, next]) => ({ direction, method, outcome, next })),
    ),
  )('$method, which $outcome', async ({ direction, method, next }) => {
    const expected = await turnsOf(callOf(library, direction, method), next);
    expect(expected.settled).toBeGreaterThan(3);
    expect(await turnsOf(callOf(ours, direction, method), next)).toEqual(expected);
  });

  it('and the validation of an update takes none', () => {
    const next = vi.fn();
    const refusal = () => {
      throw new Error('refused');
    };
    for (const of of [library, ours]) {
      const validate = callOf(of, 'inbound', 'validateUpdate');
      validate(next);
      expect(() => validate(refusal)).toThrow('refused');
    }
    expect(next).toHaveBeenCalledTimes(2);
  });
});

it('covers every method of the library’s but those of which no workflow has a use', () => {
  const methodsOf = ({ inbound, outbound, internals }: WorkflowInterceptors) =>
    [inbound, outbound, internals].flatMap((list) =>
      (list ?? []).flatMap((each) => [
        ...Object.getOwnPropertyNames(Object.getPrototypeOf(each)),
        ...Object.keys(each),
      ]),
    );
  const own = new Set(methodsOf(ours));
  const left = methodsOf(library).filter((method) => method !== 'tracer' && !own.has(method));
  // No workflow starts an operation of Nexus, and the library adds nothing to metrics.
  expect(left).toEqual(['startNexusOperation', 'getMetricTags']);
});

import { TypedSearchAttributes } from '@temporalio/common';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/contract/searchAttributes.js';
import { GRPC_STATUS } from '../../src/temporal/grpcStatus.js';
import { namespaceFaults } from '../../src/temporal/namespaceFaults.js';
import { msToTs } from '../../src/temporal/sdkInternals.js';
import { clientAnsweredBy, grpcError } from './temporalService.js';

const { IndexedValueType, NamespaceState } = proto.temporal.api.enums.v1;
const HOUR_MS = 3_600_000;

type Registered = 'right' | 'missing' | 'another type';

function faultsOf(
  registered: Record<string, Registered>,
  { retentionMs = 24 * HOUR_MS, state = NamespaceState.NAMESPACE_STATE_REGISTERED } = {},
) {
  const { connection } = clientAnsweredBy(({ method }) => {
    if (method === 'describeNamespace') {
      const config = { workflowExecutionRetentionTtl: msToTs(retentionMs) };
      return { namespaceInfo: { state }, config };
    }
    const types = SEARCH_ATTRIBUTES.flatMap(({ name, type }) => {
      if (registered[name] === 'missing') return [];
      const right = IndexedValueType[`INDEXED_VALUE_TYPE_${type}`];
      const other = IndexedValueType.INDEXED_VALUE_TYPE_TEXT;
      return [[name, registered[name] === 'another type' ? other : right]];
    });
    return { customAttributes: { Foreign: 1, ...Object.fromEntries(types) } as object };
  });
  return namespaceFaults(connection, 'chat', 24 * HOUR_MS);
}

describe('what a namespace lacks', () => {
  it('is each search attribute that is missing or has another type, by its name, with the command', async () => {
    const states = fc.record(
      Object.fromEntries(
        SEARCH_ATTRIBUTES.map(({ name }) => [
          name,
          fc.constantFrom<Registered>('right', 'missing', 'another type'),
        ]),
      ),
    );
    await fc.assert(
      fc.asyncProperty(states, async (registered) => {
        const faults = await faultsOf(registered);
        const expected = SEARCH_ATTRIBUTES.filter(({ name }) => registered[name] !== 'right');
        expect(faults).toHaveLength(expected.length);
        for (const [index, { name, type }] of expected.entries()) {
          const typeName = TypedSearchAttributes.toMetadataType(type);
          expect(faults[index]?.fault).toContain(name);
          expect(faults[index]?.remedy).toContain(
            registered[name] === 'missing'
              ? `temporal operator search-attribute create --namespace chat --name ${name} --type ${typeName}`
              : 'another namespace',
          );
        }
      }),
    );
  });

  it.each([
    [24 * HOUR_MS, undefined],
    [23 * HOUR_MS, 'temporal operator namespace update --namespace chat --retention 24h'],
    [0, 'temporal operator namespace update --namespace chat --retention 24h'],
  ])('is a retention that is too short: %i ms', async (retentionMs, command) => {
    const faults = await faultsOf({}, { retentionMs });
    expect(faults).toHaveLength(command === undefined ? 0 : 1);
    if (command !== undefined) expect(faults[0]?.remedy).toContain(command);
  });

  it.each([GRPC_STATUS.NOT_FOUND, 'deleted'])('is the namespace itself: %s', async (how) => {
    const missing = clientAnsweredBy(() => {
      throw grpcError(GRPC_STATUS.NOT_FOUND, 'Namespace chat is not found.');
    });
    const faults =
      how === 'deleted'
        ? await faultsOf({}, { state: NamespaceState.NAMESPACE_STATE_DELETED })
        : await namespaceFaults(missing.connection, 'chat', 24 * HOUR_MS);
    expect(faults).toMatchObject([{ kind: 'namespace' }]);
    expect(faults[0]?.remedy).toContain('temporal operator namespace create --namespace chat');
  });

  it.each([GRPC_STATUS.PERMISSION_DENIED, GRPC_STATUS.UNIMPLEMENTED])(
    'is nothing where search attributes may not be listed, as in Temporal Cloud: %i',
    async (status) => {
      const { connection } = clientAnsweredBy(({ method }) => {
        if (method === 'listSearchAttributes') throw grpcError(status, 'not for you');
        return { config: { workflowExecutionRetentionTtl: msToTs(24 * HOUR_MS) } };
      });
      expect(await namespaceFaults(connection, 'chat', HOUR_MS)).toEqual([]);
    },
  );
});

/** Values in an OpenAPI document of the API that its schemas allow and only an installation knows to be valid. */

type Node = Record<string, unknown>;

export interface ValidValues {
  destinations: readonly string[];
  /** A destination with fallbacks, none of which is named above. */
  withFallback: object;
  /** Of messages that exist. Other keys are made up beside them. */
  keys: readonly string[];
  /** Within a year from now, and before `ends`. */
  times: readonly string[];
  ends: readonly string[];
  /** Where callbacks may go. */
  callback: string;
}

const SCHEMAS = '#/components/schemas/';
/** Before the name of a schema of requests. Those of answers stay as they are. */
const PREFIX = 'Valid';

/** Fields and keywords of requests. */
const LEFT_OUT = new Set(['examples', 'mentions']);

/** Fields that the body needs, since the generated requests have no `Idempotency-Key`. */
const KEY_FIELDS = new Map([
  ['EventBody', 'key'],
  ['MessageBody', 'deduplicationKey'],
]);

/**
 * A copy of the document for generators of requests, in which a valid request is one that the API accepts:
 *
 * - destinations and hosts of callbacks are configured, and none is named twice;
 * - times aren't years away, and no message expires before it is to be posted;
 * - keys are those of existing messages, or made up;
 * - the cursor is the one of the document's example, since a cursor is only known from an earlier answer;
 * - waits are short;
 * - nobody is mentioned, since who can be depends on the destinations, and no example is given, since those are of another
 *   installation;
 * - there is no `Idempotency-Key`, which must not differ from the key in the body.
 */
export function withValidValues(document: object, values: ValidValues): object {
  const { components, paths } = document as {
    components: { schemas: Node };
    paths: Record<string, Record<string, Node>>;
  };
  const byName = new Map<string, Node>([
    ['Destination', oneOf(values.destinations)],
    ['DestinationWithFallback', { enum: [values.withFallback] }],
    ['Acknowledge', { enum: [{ url: values.callback }] }],
    ['expiresAt', oneOf(values.ends)],
  ]);

  const visit = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((each: unknown) => visit(each, ''));
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Node;
    const valid = byName.get(name);
    if (valid) return valid;
    if (typeof node.$ref === 'string')
      return { ...node, $ref: node.$ref.replace(SCHEMAS, SCHEMAS + PREFIX) };
    if (node.format === 'date-time') return oneOf(values.times);
    const left = Object.entries(node).filter(([each]) => !LEFT_OUT.has(each));
    const visited = Object.fromEntries(left.map(([each, inner]) => [each, visit(inner, each)]));
    const key = KEY_FIELDS.get(name);
    return key === undefined ? visited : { ...visited, required: [...listOf(node.required), key] };
  };

  const parameter = (given: Node): Node[] => {
    switch (given.name) {
      case 'Idempotency-Key':
        return [];
      case 'key':
        // Of a type, or lists would be made up as values that are no keys, whose text in the address is one.
        return [
          {
            ...given,
            schema: { type: 'string', anyOf: [oneOf(values.keys), visit(given.schema, '')] },
          },
        ];
      case 'cursor':
        return [{ ...given, schema: oneOf(listOf((given.schema as Node).examples)) }];
      case 'wait':
        return [{ ...given, schema: oneOf(['1ms', '1s']) }];
      default:
        return [{ ...given, schema: visit(given.schema, String(given.name)) }];
    }
  };

  const operation = ({ parameters, requestBody, ...rest }: Node): Node => ({
    ...rest,
    ...(parameters === undefined ? {} : { parameters: (parameters as Node[]).flatMap(parameter) }),
    ...(requestBody === undefined ? {} : { requestBody: visit(requestBody, '') }),
  });

  const schemas = Object.entries(components.schemas);
  return {
    ...document,
    components: {
      ...components,
      schemas: Object.fromEntries([
        ...schemas,
        ...schemas.map(([name, schema]) => [PREFIX + name, visit(schema, name)]),
      ]) as Node,
    },
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [
        path,
        Object.fromEntries(Object.entries(item).map(([method, each]) => [method, operation(each)])),
      ]),
    ),
  };
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as string[]) : [];
}

function oneOf(texts: readonly string[]): Node {
  return { type: 'string', enum: texts };
}

/** The events that a source makes of a request, without the API. */
import type {
  ParsedEvent,
  Sample,
  SourceRequest,
  SourceType,
} from '../../../src/sources/source.js';

export function requestOf({ body, headers }: Sample): SourceRequest {
  return {
    id: 'r1',
    method: 'POST',
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    query: new URLSearchParams(),
    token: '',
    body: Buffer.from(body),
  };
}

/** @param settings beside the type; secrets are not read */
export function parsing(type: SourceType, settings: object = {}) {
  const source = type.create(type.schema.parse({ type: type.name, ...settings }), type.name);
  return {
    source,
    keyOf: (sample: Sample): string => {
      const identity = source.identify(requestOf(sample));
      return identity.kind === 'events' ? identity.key : identity.kind;
    },
    /** The first event. */
    parse: (sample: Sample): ParsedEvent => {
      const [event] = source.parse(requestOf(sample));
      if (!event) throw new Error('The request has no event.');
      return event;
    },
    /** The titles of all samples that are events. */
    titles: (): Record<string, string> =>
      Object.fromEntries(
        Object.entries(type.samples).flatMap(([name, sample]) =>
          source.identify(requestOf(sample)).kind === 'events'
            ? source.parse(requestOf(sample)).map(({ title }) => [name, title])
            : [],
        ),
      ),
  };
}

/** The sample with other fields at the top of its body. */
export function changed(sample: Sample | undefined, changes: object): Sample {
  const { body = '{}', headers = {} } = sample ?? {};
  return { headers, body: JSON.stringify({ ...(JSON.parse(body) as object), ...changes }) };
}

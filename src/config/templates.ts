/** `templates:` in `sendproof.yaml`. */
import { z } from 'zod';
import { own } from '../lib/own.js';
import { sampleRequest } from '../sources/sampleRequest.js';
import { Unusable, type ParsedEvent, type Sample, type Source } from '../sources/source.js';
import {
  compileTemplate,
  TemplateError,
  templateSchema,
  type EventTemplate,
  type FieldFault,
  type TemplateSettings,
} from '../templates/template.js';
import type { ConfigurationFile } from './configurationFile.js';
import type { ConfiguredSource } from './sources.js';

const templateName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'may have up to 63 letters, digits, _ . and -');

export const templatesSchema = z.record(templateName, templateSchema).default({});

/** By name. */
export type Templates = Readonly<Record<string, EventTemplate>>;

export interface CompiledTemplates {
  templates: Templates;
  /** Each with its file, line and field. */
  faults: string[];
}

/** Compiles the templates, and renders every sample of the configured sources with each. */
export function compileTemplates(
  settings: Readonly<Record<string, TemplateSettings>>,
  sources: readonly ConfiguredSource[],
  file: ConfigurationFile | undefined,
): CompiledTemplates {
  const names = Object.keys(settings);
  const samples = names.length === 0 ? [] : sources.flatMap(sampleEvents);
  const templates = new Map<string, EventTemplate>();
  const faults: string[] = [];
  for (const name of names) {
    const report = ({ field, line, message }: FieldFault): void => {
      const path = file?.path ?? 'configuration';
      const inFile = file?.lineOf(['templates', name, field], line);
      const place = inFile === undefined ? path : `${path}:${inFile}`;
      faults.push(`${place}: templates.${name}.${field}: ${message}`);
    };
    try {
      const template = compileTemplate(name, own(settings, name) ?? {});
      templates.set(name, template);
      for (const { event, sample } of samples) {
        const fault = template.faultWith(event);
        if (fault) report({ ...fault, message: `${fault.message} (with the sample ${sample})` });
      }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      error.faults.forEach(report);
    }
  }
  return { templates: Object.fromEntries(templates), faults: [...new Set(faults)] };
}

function sampleEvents({
  name,
  source,
  type,
}: ConfiguredSource): { sample: string; event: ParsedEvent & { source: string } }[] {
  return Object.entries(type.samples).flatMap(([sample, request]) =>
    eventsOf(source, request).map((event) => ({
      sample: `${name}/${sample}`,
      event: { ...event, source: name },
    })),
  );
}

/** None where the sample is a test or a handshake, or is not understood with these settings. */
function eventsOf(source: Source, sample: Sample): ParsedEvent[] {
  const request = sampleRequest(sample);
  try {
    return source.identify(request).kind === 'events' ? source.parse(request) : [];
  } catch (error) {
    if (error instanceof Unusable) return [];
    throw error;
  }
}

/** Which parts of which documents are written by a program, and what they say. */
import { PLATFORMS } from '../../src/destinations/registry.js';
import { capabilityTable } from './capabilityTable.js';
import { commandHelp } from './commandHelp.js';
import { environmentTable } from './environmentTable.js';
import { fieldsOf, httpApi } from './httpApi.js';
import { withPart } from './markdown.js';
import { metricsTable } from './metricsTable.js';
import { settingsTable } from './settingsTable.js';
import { problemTable, reasonTable, statusTable } from './statusTables.js';

interface ReferencePart {
  /** The document, from the root of the repository. */
  file: string;
  /** As the comments around it name it. */
  name: string;
  content: () => string | Promise<string>;
}

export const REFERENCE_PARTS: readonly ReferencePart[] = [
  {
    file: 'docs/reference/destinations.md',
    name: 'capabilities',
    content: () => capabilityTable(PLATFORMS),
  },
  { file: 'docs/reference/statuses.md', name: 'statuses', content: statusTable },
  { file: 'docs/reference/statuses.md', name: 'reasons', content: reasonTable },
  { file: 'docs/reference/statuses.md', name: 'problems', content: problemTable },
  { file: 'docs/reference/configuration.md', name: 'environment', content: environmentTable },
  { file: 'docs/reference/configuration.md', name: 'settings', content: settingsTable },
  { file: 'docs/reference/telemetry.md', name: 'metrics', content: metricsTable },
  { file: 'docs/reference/cli.md', name: 'commands', content: commandHelp },
  { file: 'docs/reference/http-api.md', name: 'operations', content: httpApi },
  {
    file: 'docs/reference/message.md',
    name: 'message',
    content: () => fieldsOf('MessageBody', 'http-api.md'),
  },
];

/** The document with its present parts. Throws where it has no place for one. */
export async function writtenDocument(file: string, document: string): Promise<string> {
  let written = document;
  for (const { name, content } of REFERENCE_PARTS.filter((part) => part.file === file)) {
    written = withPart(written, name, await content());
  }
  return written;
}

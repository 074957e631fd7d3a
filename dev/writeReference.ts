/** Writes the parts of the documents that follow from the code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { REFERENCE_PARTS, writtenDocument } from './reference/parts.js';

for (const file of new Set(REFERENCE_PARTS.map((part) => part.file))) {
  writeFileSync(file, await writtenDocument(file, readFileSync(file, 'utf8')));
}

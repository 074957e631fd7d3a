/** The kinds of sources. A new one is a folder beside this file and a line here. */
import { github } from './github/source.js';
import { pagerduty } from './pagerduty/source.js';
import type { SourceType } from './source.js';

export const SOURCE_TYPES: readonly SourceType[] = [github, pagerduty];

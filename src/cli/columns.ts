/** Tables by columns: what each column is called, and which of them only `--wide` shows. */
import type { Display } from './output.js';
import { table } from './table.js';

const HEADINGS = {
  accepted: 'ACCEPTED',
  address: 'ADDRESS',
  answer: 'ANSWER',
  attempt: 'ATTEMPT',
  conversation: 'CONVERSATION',
  count: 'COUNT',
  destination: 'DESTINATION',
  destinations: 'DESTINATIONS',
  detail: 'DETAIL',
  due: 'DUE',
  ended: 'ENDED',
  key: 'KEY',
  lastRequest: 'LAST REQUEST',
  newest: 'NEWEST',
  newestMessage: 'NEWEST MESSAGE',
  oldest: 'OLDEST',
  outcome: 'OUTCOME',
  queue: 'QUEUE',
  reason: 'REASON',
  record: 'RECORD',
  reference: 'REFERENCE',
  remedy: 'REMEDY',
  replays: 'REPLAYS',
  sent: 'SENT',
  since: 'SINCE',
  source: 'SOURCE',
  started: 'STARTED',
  status: 'STATUS',
  step: 'STEP',
  time: 'TIME',
  title: 'TITLE',
  trace: 'TRACE',
  type: 'TYPE',
} as const;

export interface Column<Row> {
  name: keyof typeof HEADINGS;
  /** Empty where the row has nothing to show. */
  cell: (row: Row, display: Display) => string;
  /** Shown with `--wide` alone. */
  isFurther?: true;
}

/** With `--wide`, each row is one line, however long. */
export function columnTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  display: Display,
): string {
  const shown = columns.filter(({ isFurther }) => display.isWide || !isFurther);
  return table(
    shown.map(({ name }) => HEADINGS[name]),
    rows.map((row) => shown.map(({ cell }) => cell(row, display))),
    display.isWide ? undefined : display.width,
  );
}

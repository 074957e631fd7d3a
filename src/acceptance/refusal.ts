import type { FieldFault, RefusalKind } from '../domain/acceptance.js';

/** The message can't be accepted. Nothing was started. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
  readonly kind: RefusalKind;
  readonly faults: FieldFault[];

  constructor(kind: RefusalKind, faults: FieldFault[]) {
    super(faults.map(({ field, detail }) => `${field}: ${detail}`).join('; '));
    this.kind = kind;
    this.faults = faults;
  }
}

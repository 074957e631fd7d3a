/** What is wrong with one field of a message, and the remedy. */
export interface FieldFault {
  /** As `content.text` or `destinations.0`. */
  field: string;
  detail: string;
}

/** The message can't be accepted. Nothing was started. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
  /** `key_taken`: another workflow of the namespace, which is no message, has the key as its id. */
  readonly kind: 'invalid' | 'key_taken';
  readonly faults: FieldFault[];

  constructor(kind: MessageRefused['kind'], faults: FieldFault[]) {
    super(faults.map(({ field, detail }) => `${field}: ${detail}`).join('; '));
    this.kind = kind;
    this.faults = faults;
  }
}

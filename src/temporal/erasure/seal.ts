/** The place of a key, as it stands beside what the key has encrypted. It holds no secret. */

const DAY_MS = 86_400_000;

/** Which key: that of a day and a retention, and the path in it. */
export interface Seal {
  /** UTC, as `2026-11-26`. */
  day: string;
  /** How long after the end of the day the key is kept, in seconds. */
  retentionS: number;
  /** Of the key of that day: 8 hexadecimal digits. A lost key that is made again has another one. */
  keyId: string;
  /** 16 hexadecimal digits. */
  path: string;
}

/** As `2026-11-26.2592000`: the name of the file with the key. */
export function keyNameOf({ day, retentionS }: Pick<Seal, 'day' | 'retentionS'>): string {
  return `${day}.${retentionS}`;
}

export function keyNameAt(atMs: number, retentionMs: number): string {
  const day = new Date(atMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return keyNameOf({ day, retentionS: Math.ceil(retentionMs / 1_000) });
}

const NAME = /^(?<day>\d{4}-\d{2}-\d{2})\.(?<retentionS>\d{1,10})$/;

/** When the key with this name is to be destroyed, in epoch milliseconds; undefined of what is no name of a key. */
export function endOf(name: string): number | undefined {
  const { day = '', retentionS } = NAME.exec(name)?.groups ?? {};
  const end = Date.parse(`${day}T00:00:00Z`) + DAY_MS + Number(retentionS) * 1_000;
  return Number.isFinite(end) ? end : undefined;
}

/** Those of the names whose time is over. */
export function endedKeys(names: readonly string[], nowMs: number): string[] {
  return names.filter((name) => {
    const end = endOf(name);
    return end !== undefined && end <= nowMs;
  });
}

/** As `2026-11-26.2592000.0a1b2c3d.0123456789abcdef`. */
export function sealText(seal: Seal): string {
  return `${keyNameOf(seal)}.${seal.keyId}.${seal.path}`;
}

const SEAL = /^(?<name>[\d.-]{12,21})\.(?<keyId>[\da-f]{8})\.(?<path>[\da-f]{16})$/;

export function parseSeal(text: string): Seal | undefined {
  const { name = '', keyId = '', path = '' } = SEAL.exec(text)?.groups ?? {};
  const { day, retentionS } = NAME.exec(name)?.groups ?? {};
  if (day === undefined || endOf(name) === undefined) return undefined;
  return { day, retentionS: Number(retentionS), keyId, path };
}

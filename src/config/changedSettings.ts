/** Which settings of `sendproof.yaml` differ between two versions of it. */
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../lib/isRecord.js';
import { own } from '../lib/own.js';

/** How deep settings are told apart: an account as far as its fields, everything else as far as its entries. */
const DEPTH_OF_ACCOUNTS = 4;
const DEPTH = 2;

/** The names of the settings, as `retry.page` or `accounts.slack.default.token`, in the order of the file. */
export function changedSettings(before: unknown, after: unknown): string[] {
  return changedBelow(before, after, []);
}

function changedBelow(before: unknown, after: unknown, path: readonly string[]): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const isAccount = path.length === 3 && path[0] === 'accounts';
  if (isAccount && (before === undefined || after === undefined)) return [path.join('.')];
  const depth = path[0] === 'accounts' ? DEPTH_OF_ACCOUNTS : DEPTH;
  const [one, other] = [before ?? {}, after ?? {}];
  if (path.length === depth || !isRecord(one) || !isRecord(other)) return [path.join('.')];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].flatMap((name) =>
    changedBelow(own(one, name), own(other, name), [...path, name]),
  );
}

/** @param pattern as `routes`, which stands for all below it, or `accounts.*.*.retry` */
export function isSettingOf(setting: string, pattern: string): boolean {
  const names = setting.split('.');
  return pattern.split('.').every((name, index) => name === '*' || name === names[index]);
}

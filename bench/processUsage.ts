/** What processes have used of the machine, as Linux tells it in /proc: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessUsage {
  /** Of all processors, in user and system mode, since the start, in milliseconds. */
  processorMs: number;
  /** What is in memory now. */
  residentBytes: number;
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Fields of /proc/<pid>/stat, counted from the one after the command's name. */
const [GROUP, USER_TICKS, SYSTEM_TICKS] = [2, 11, 12];

/** Of all processes of a group together. Throws where there is no such group, and on other systems than Linux. */
export async function usageOf(processGroup: number | undefined): Promise<ProcessUsage> {
  if (process.platform !== 'linux') {
    throw new Error('What processes use can be measured on Linux only.');
  }
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(ids.map(async (id) => ({ id, fields: await fieldsOf(id) })));
  const group = all.filter(({ fields }) => Number(fields[GROUP]) === processGroup);
  if (group.length === 0) throw new Error('A process whose use is measured has ended.');
  const resident = await Promise.all(group.map(({ id }) => residentBytesOf(id)));
  const ticks = group.map(
    ({ fields }) => Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]),
  );
  return { processorMs: sum(ticks) * TICK_MS, residentBytes: sum(resident) };
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** Empty for a process that has ended meanwhile. */
async function fieldsOf(id: string): Promise<string[]> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  // The name is in parentheses, and may have some itself.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function residentBytesOf(id: string): Promise<number> {
  const text = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1_024;
}

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

type Fields = readonly string[];

/** Of all processes of a group together. Throws where there is no such group, and on other systems than Linux. */
export async function usageOf(processGroup: number | undefined): Promise<ProcessUsage> {
  const group = await processesOf(processGroup);
  const resident = await Promise.all(group.map(({ id }) => residentBytesOf(id)));
  return {
    processorMs: sum(group.map(({ fields }) => processorMsIn(fields))),
    residentBytes: sum(resident),
  };
}

/** The process of a group that isn't a shell: what `spawnKept` was asked to run. */
export async function commandOf(processGroup: number | undefined): Promise<number> {
  const group = await processesOf(processGroup);
  const command = group.find(({ name }) => name !== 'sh');
  if (command === undefined) throw new Error('Only a shell is left of a process.');
  return Number(command.id);
}

/** Of one process, with all its threads. */
export async function processorMsOf(id: number): Promise<number> {
  return processorMsIn((await statOf(String(id))).fields);
}

async function processesOf(processGroup: number | undefined): Promise<Stat[]> {
  if (process.platform !== 'linux') {
    throw new Error('What processes use can be measured on Linux only.');
  }
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(ids.map(statOf));
  const group = all.filter(({ fields }) => Number(fields[GROUP]) === processGroup);
  if (group.length === 0) throw new Error('A process whose use is measured has ended.');
  return group;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

function processorMsIn(fields: Fields): number {
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) * TICK_MS;
}

interface Stat {
  id: string;
  name: string;
  fields: Fields;
}

/** No fields for a process that has ended meanwhile. */
async function statOf(id: string): Promise<Stat> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  // The name is in parentheses, and may have some itself.
  const [from, to] = [text.indexOf('(') + 1, text.lastIndexOf(')')];
  return { id, name: text.slice(from, to), fields: text.slice(to + 2).split(' ') };
}

async function residentBytesOf(id: string): Promise<number> {
  const text = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1_024;
}

/** Whether another process with this id runs on this machine, whoever owns it. */
export function isOtherProcessRunning(pid: number): boolean {
  // 0 would be this process's own group, and is what an empty file reads as.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

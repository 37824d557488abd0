/** What this process has computed so far, in milliseconds: unlike the time, the same on a busy machine. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

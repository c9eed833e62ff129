/** Milliseconds that this process has computed so far, all threads: unlike the clock it does not run while others have the cores. */
export const workedMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

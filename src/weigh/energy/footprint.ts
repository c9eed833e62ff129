/** Watts of one busy thread where nobody states them. Source: CodeCarbon's rule for CPUs that it does not know, 4 W a thread. */
export const usualWattsPerThread = 4;

/** Grams of CO₂-equivalent per kWh where nobody states them. Source: CodeCarbon, world average. */
export const worldGridIntensity = 475;

/** Joules from CPU time. Source: CodeCarbon, process mode: thermal design power times the process's share of the CPU. */
export const joulesOf = (cpuMs: number, wattsPerThread: number): number => (cpuMs / 1000) * wattsPerThread;

/** Grams of CO₂-equivalent for a million requests. 1 kWh = 3.6 MJ. */
export const gramsPerMillion = (joulesPerRequest: number, gridIntensity: number): number =>
  ((joulesPerRequest * 1e6) / 3.6e6) * gridIntensity;

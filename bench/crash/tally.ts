/** What was killed, and what came of it. */
export interface Tally {
  /** Who → how often it was killed. */
  readonly kills: Map<string, number>;
  /** Runs that went to their end. */
  runs: number;
  /** Processes that were started again without having been killed: the database was away while they began. */
  restarts: number;
  readonly faults: string[];
}

export const newTally = (): Tally => ({ kills: new Map(), runs: 0, restarts: 0, faults: [] });

export const killsOf = ({ kills }: Tally): number => [...kills.values()].reduce((sum, count) => sum + count, 0);

export const countKill = ({ kills }: Tally, who: string): void => void kills.set(who, (kills.get(who) ?? 0) + 1);

/** What happened in a session whose identical models could not be told to be identical as closely as was asked. */
export interface Unsure {
  readonly rounds: number;
  /** Rounds with something else on the CPUs: measured again, and kept. */
  readonly repeated: number;
  readonly disturbed: number;
  /** What the machine said besides: "tasks waited for a CPU during 60 % of the time". */
  readonly unrest: readonly string[];
  /** Sets of processes that were started. */
  readonly laps: number;
  /** Half-width of the A/A interval, relative: as found, as asked, and what the rounds alone leave open. */
  readonly halfWidth: number;
  readonly target: number;
  readonly ofRounds: number;
  /** The evaluator whose options make a session longer; null: none of its own. */
  readonly evaluator: string | null;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** More disturbed rounds than this, of all, and it is the machine that is not idle. */
const restless = 0.1;
/** A session is not made longer than this many times: beyond it, the machine is the thing to change. */
const mostTimes = 16;

/** What made it so, the gravest first: other work, processes of one model that differ, or rounds that do. */
const causeOf = ({ rounds, repeated, disturbed, unrest, laps, halfWidth, ofRounds }: Unsure) => {
  const noisy = repeated + disturbed;
  const seen = [
    ...(noisy > restless * (rounds + repeated)
      ? [`other work took the CPUs in ${noisy} of ${rounds + repeated} rounds`]
      : []),
    ...unrest,
  ];
  if (seen.length > 0) return { kind: 'machine', text: seen.join(' and ') } as const;
  if (ofRounds < halfWidth / 2)
    return {
      kind: 'processes',
      text: `processes of the same model differ, and ${laps === 1 ? 'only one set was' : `only ${laps} sets were`} started`,
    } as const;
  return { kind: 'rounds', text: `the rounds scatter by themselves (± ${percent(ofRounds)})` } as const;
};

/** Why a session is imprecise and what its reader can do, without semicolons: "Why: …. What helps: …". The width shrinks with the root of the
 *  number of rounds and of processes, so that much longer a session has to be. */
export const wayForward = (session: Unsure): string => {
  const { halfWidth, target, laps, rounds, evaluator } = session;
  const cause = causeOf(session);
  const times = Math.min(mostTimes, Math.max(2, Math.ceil((halfWidth / target) ** 2)));
  const longer =
    evaluator === null
      ? 'a longer session'
      : cause.kind === 'processes'
        ? `more processes, weigh: { ${evaluator}: { laps: ${Math.min(20, laps * Math.min(times, 4))} } }`
        : `more rounds, weigh: { ${evaluator}: { min-rounds: ${Math.min(10_000, rounds * Math.min(times, 4))}, max-rounds: ${Math.min(100_000, rounds * times)}, max-seconds: ${60 * Math.min(times, 10)} } }`;
  const helps =
    cause.kind === 'machine'
      ? `the same command again while nothing else runs on the machine (answers come from the cache, times are measured anew), or ${longer}`
      : longer;
  return `Why: ${cause.text}. What helps: ${helps}`;
};

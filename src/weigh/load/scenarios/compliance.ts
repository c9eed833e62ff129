import type { LoadClient } from '../../../contracts/index.ts';
import { median } from '../../../statistics/index.ts';
import { latenciesOf } from './readings.ts';

/** A rule of MLPerf's compliance tests that a run breaks. */
export interface Violation {
  readonly code: 'load/outputs-differ' | 'load/caching' | 'load/shorter-inputs' | 'load/truncated-outputs';
  readonly message: string;
}

/** Scores that come from the same computation differ by rounding at most. */
const tolerance = 1e-3;
/** Answers of another batch may differ where a version quantizes at run time; labels seldom do. */
const labelShare = 0.05;

export interface KeptAnswer {
  /** Scores of the timed run and of the quality run, for one sample. */
  readonly timed: Float32Array;
  readonly judged: Float32Array;
}

const argmax = (scores: Float32Array): number =>
  scores.reduce((best, score, i) => (score > scores[best]! ? i : best), 0);

/** The answers of the timed run must be those that were judged. `sameCalls`: both came from calls with the same samples in them, so scores must
 *  agree; otherwise labels must. Source: MLPerf TEST01, a random subset of the performance run's outputs against the accuracy run's. */
export const checkOutputs = (answers: readonly KeptAnswer[], sameCalls: boolean): Violation | null => {
  const scale = answers.reduce(
    (most, { judged }) => judged.reduce((top, one) => Math.max(top, Math.abs(one)), most),
    1e-6,
  );
  const differs = answers.filter(({ timed, judged }) =>
    sameCalls
      ? timed.length !== judged.length || timed.some((score, i) => !(Math.abs(score - judged[i]!) <= tolerance * scale))
      : argmax(timed) !== argmax(judged),
  ).length;
  if (differs <= (sameCalls ? 0 : Math.ceil(labelShare * answers.length))) return null;
  return {
    code: 'load/outputs-differ',
    message: `${differs} of ${answers.length} answers of the timed run are not those of the quality run: what was timed is not what was judged`,
  };
};

/** Outputs that are shorter than they should be, or no numbers: one entry per answer that was looked at, whether it was whole.
 *  Source: MLPerf TEST06 and TEST09, nothing is cut for speed. */
export const checkWhole = (whole: readonly boolean[]): Violation | null => {
  const cut = whole.filter((one) => !one).length;
  if (cut === 0) return null;
  return {
    code: 'load/truncated-outputs',
    message: `${cut} of ${whole.length} answers of the timed run are cut short or no numbers`,
  };
};

/** A version that reads less of each input than the original is fast for that reason. Source: MLPerf TEST09, mean length within ± 10 %. */
export const checkInputs = (meanTokens: number, baselineTokens: number): Violation | null =>
  meanTokens >= 0.9 * baselineTokens
    ? null
    : {
        code: 'load/shorter-inputs',
        message: `it reads ${meanTokens.toFixed(1)} tokens an input on average, the original ${baselineTokens.toFixed(1)}: a part of its speed comes from reading less`,
      };

const blocks = 6;
/** What this check may take; slower versions are exempt. */
const mostMs = 20_000;

/** One sample again and again must not be more than 10 % faster than different ones: that would be a cache of answers. `alike`: calls of the
 *  same length, or null where there are too few of one length to compare (exempt). Where calls fail nothing is said: times of answers and of
 *  connections made anew would be compared. Blocks of both kinds take turns; medians of the blocks'
 *  ratios are compared, and a suspicion is tried once more. Source: MLPerf TEST04. */
export const checkCaching = async (
  client: Pick<LoadClient, 'play'>,
  alike: Int32Array | null,
  warmMs: number,
): Promise<Violation | null> => {
  if (alike === null || alike.length < 4) return null;
  const calls = Math.max(6, Math.min(40, Math.round(40 / Math.max(warmMs, 0.01))));
  if (2 * blocks * calls * warmMs > mostMs) return null;
  let failed = false;
  const timed = async (chosen: Int32Array): Promise<number> => {
    const played = await client.play({
      at: null,
      calls: chosen,
      callsPerQuery: 1,
      minQueries: calls,
      minMs: 0,
      maxMs: 20_000,
      drainMs: 10_000,
      giveUp: null,
      keep: new Int32Array(0),
    });
    failed ||= played.faults.length > 0;
    return median(latenciesOf(played, 0));
  };
  /** Times of the same input over times of different ones, by block; null where calls failed. */
  const session = async (): Promise<readonly number[] | null> => {
    const ratios: number[] = [];
    for (let block = 0; block < blocks; block++) {
      const same = new Int32Array(calls).fill(alike[block % alike.length]!);
      const different = Int32Array.from({ length: calls }, (_, i) => alike[(block + i) % alike.length]!);
      if (block % 2 === 0) {
        const first = await timed(different);
        ratios.push((await timed(same)) / first);
      } else {
        const first = await timed(same);
        ratios.push(first / (await timed(different)));
      }
      if (failed) return null;
    }
    return ratios;
  };
  // All but one block, so that a single disturbed one convicts nobody.
  const suspicious = (ratios: readonly number[]): boolean =>
    median(ratios) < 0.9 && ratios.toSorted((a, b) => a - b).at(-2)! < 0.95;
  const first = await session();
  if (first === null || !suspicious(first)) return null;
  // A suspicion must come up again: on a busy machine the times of short calls lean to one side by chance.
  const second = await session();
  if (second === null || !suspicious(second)) return null;
  const ratio = median([...first, ...second]);
  return {
    code: 'load/caching',
    message: `the same input again takes ${((1 - ratio) * 100).toFixed(0)} % less time than different ones: answers seem to be cached`,
  };
};

import { mean } from '../../../statistics/index.ts';

/** MLPerf's compliance tests, by the code of the rule that each finds broken. Source: mlcommons/inference, compliance. */
export const complianceTests = {
  'load/outputs-differ': 'TEST01',
  'load/caching': 'TEST04',
  'load/truncated-outputs': 'TEST06',
  'load/output-lengths': 'TEST09',
  'load/shorter-inputs': 'TEST09',
} as const;

/** A rule of MLPerf's compliance tests that a run breaks. */
export interface Violation {
  readonly code: keyof typeof complianceTests;
  /** Ends with the name of the test. */
  readonly message: string;
}

export const violationOf = (code: Violation['code'], message: string): Violation => ({
  code,
  message: `${message} (MLPerf ${complianceTests[code]})`,
});

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
  return violationOf(
    'load/outputs-differ',
    `${differs} of ${answers.length} answers of the timed run are not those of the quality run: what was timed is not what was judged`,
  );
};

/** Outputs that are shorter than they should be, or no numbers: one entry per answer that was looked at, whether it was whole.
 *  Source: MLPerf TEST06, nothing is cut for speed. */
export const checkWhole = (whole: readonly boolean[]): Violation | null => {
  const cut = whole.filter((one) => !one).length;
  if (cut === 0) return null;
  return violationOf(
    'load/truncated-outputs',
    `${cut} of ${whole.length} answers of the timed run are cut short or no numbers`,
  );
};

/** A version that reads less of each input than the original is fast for that reason. Source: MLPerf TEST09, mean length within ± 10 %. */
export const checkInputs = (meanTokens: number, baselineTokens: number): Violation | null =>
  meanTokens >= 0.9 * baselineTokens
    ? null
    : violationOf(
        'load/shorter-inputs',
        `it reads ${meanTokens.toFixed(1)} tokens an input on average, the original ${baselineTokens.toFixed(1)}: a part of its speed comes from reading less`,
      );

/** Generated texts of the timed run must be as long as those of the quality run, on average: who writes less is fast for that reason.
 *  Shapes: one length per answer, in the same order. Source: MLPerf TEST09, mean output length within ± 10 %. */
export const checkLengths = (timed: readonly number[], judged: readonly number[]): Violation | null => {
  const [now, before] = [mean(timed), mean(judged)];
  return Math.abs(now - before) <= 0.1 * before
    ? null
    : violationOf(
        'load/output-lengths',
        `answers of the timed run have ${now.toFixed(1)} words on average, those without load ${before.toFixed(1)}`,
      );
};

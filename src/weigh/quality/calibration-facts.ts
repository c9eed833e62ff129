import type { Predictions } from '../../contracts/index.ts';
import {
  calibrationError,
  chanceError,
  equalMassBins,
  equalWidthBins,
  selectiveAccuracy,
  surestFirst,
  type Sureness,
} from './calibration-metrics.ts';
import { logRows } from './log-probabilities.ts';
import { fitTemperature, temperedConfidence } from './temperature.ts';

/** The numbers of one version on one draw of the rows; NaN where there is none. */
export type Figures = Float64Array;

export interface Facts {
  /** Figures in the order of `figureIds`, for rows that count `weights` times each; absent: once. */
  figures(weights?: Int32Array): Figures;
  /** By how much chance alone lifts each figure; null for figures that it does not lift. */
  readonly chance: readonly (number | null)[];
  /** False: all rows to fit on are right (or none is better than chance), so no temperature fits. */
  readonly tempered: boolean;
}

export const figureIds = [
  'ece',
  'ece-equal-mass',
  'brier',
  'nll',
  'selective-accuracy',
  'selective-accuracy-10',
  'temperature',
  'ece-untempered',
  'ece-tempered',
  'ece-one-bin',
] as const;

const guoBins = 15;
const helmBins = 10;

/** Everything that does not change from draw to draw, computed once. `truth` per labelled row of `rows`; `first` says which of these rows
 *  the temperature is fitted on, the others judge it. */
export const factsOf = (
  predictions: Predictions,
  rows: readonly number[],
  truth: Int32Array,
  first: readonly boolean[],
): Facts => {
  const scores = logRows(predictions);
  const n = rows.length;
  const row = new Float64Array(scores.classes);
  const whole: Sureness = { confidence: new Float64Array(n), right: new Uint8Array(n) };
  const [brier, nll] = [new Float64Array(n), new Float64Array(n)];
  const right = whole.right as Uint8Array;
  for (const [at, one] of rows.entries()) {
    scores.read(one, row);
    const answer = predictions.predicted[one]!;
    whole.confidence[at] = Math.min(1, Math.exp(row[answer]!));
    right[at] = answer === truth[one] ? 1 : 0;
    nll[at] = -row[truth[one]!]!;
    for (let k = 0; k < row.length; k++) brier[at]! += (Math.exp(row[k]!) - (k === truth[one] ? 1 : 0)) ** 2;
  }
  const wide = equalWidthBins(whole.confidence, guoBins);
  const mass = equalMassBins(whole.confidence, helmBins);
  const one = equalWidthBins(whole.confidence, 1);
  const order = surestFirst(whole.confidence);

  const fitted = [...rows.keys()].filter((at) => first[at]!);
  const judged = [...rows.keys()].filter((at) => !first[at]!);
  const temperature = fitTemperature(
    scores,
    fitted.map((at) => rows[at]!),
    truth,
  );
  const pickRight = Uint8Array.from(judged, (at) => right[at]!);
  const before: Sureness = { confidence: Float64Array.from(judged, (at) => whole.confidence[at]!), right: pickRight };
  const after: Sureness = {
    confidence: Float64Array.from(judged, (at) => {
      scores.read(rows[at]!, row);
      return temperature === null
        ? Number.NaN
        : temperedConfidence(row, predictions.predicted[rows[at]!]!, temperature.value);
    }),
    right: pickRight,
  };
  const [binsBefore, binsAfter] = [before, after].map(({ confidence }) => equalWidthBins(confidence, guoBins));

  const temperatureOf = (weights: Int32Array | undefined): number => {
    if (temperature === null) return Number.NaN;
    if (weights === undefined) return temperature.value;
    // One Newton step from the fit on all rows: a new fit for each draw would change nothing but the time.
    let [slope, curvature] = [0, 0];
    for (let index = 0; index < fitted.length; index++) {
      const at = fitted[index]!;
      slope += weights[at]! * temperature.slopes[index]!;
      curvature += weights[at]! * temperature.curvatures[index]!;
    }
    const beta = 1 / temperature.value - (curvature === 0 ? 0 : slope / curvature);
    return beta > 0 ? 1 / beta : Number.NaN;
  };

  // Filled anew for every draw.
  const laterWeights = new Int32Array(judged.length);
  const pickLater = (weights: Int32Array): Int32Array => {
    for (let index = 0; index < judged.length; index++) laterWeights[index] = weights[judged[index]!]!;
    return laterWeights;
  };

  return {
    chance: [
      chanceError(whole, wide),
      chanceError(whole, mass),
      null,
      null,
      null,
      null,
      null,
      chanceError(before, binsBefore!),
      temperature === null ? 0 : chanceError(after, binsAfter!),
      chanceError(whole, one),
    ],
    tempered: temperature !== null,
    figures: (weights) => {
      let [total, squares, logs] = [0, 0, 0];
      for (let at = 0; at < n; at++) {
        const weight = weights === undefined ? 1 : weights[at]!;
        total += weight;
        squares += weight * brier[at]!;
        logs += weight * nll[at]!;
      }
      const selective = selectiveAccuracy(right, order, weights);
      const later = weights === undefined ? undefined : pickLater(weights);
      return Float64Array.of(
        calibrationError(whole, wide, weights),
        calibrationError(whole, mass, weights),
        squares / total,
        logs / total,
        selective.area,
        selective.atTenth,
        temperatureOf(weights),
        calibrationError(before, binsBefore!, later),
        temperature === null ? Number.NaN : calibrationError(after, binsAfter!, later),
        calibrationError(whole, one, weights),
      );
    },
  };
};

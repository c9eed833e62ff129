/** A number of seconds in words: "40 s", "3 min", "1 h 20 min". */
export const durationText = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Share of the time for steps after which their number is held against it: late enough to know the speed. */
const lookAt = 0.1;
/** Share of the time left that steps may take. */
const usable = 0.95;

/** How many steps the whole run can have in its time, or null while it is too early to say. Never more than planned.
 *  Units: seconds. `seconds`: of all work so far, `training`: of the last `timed` steps alone; `judging`: of a validation, which comes after every
 *  `epochSteps` steps and at the end. */
export const affordableSteps = (at: {
  readonly steps: number;
  readonly plannedSteps: number;
  readonly epochSteps: number;
  readonly timed: number;
  readonly training: number;
  readonly seconds: number;
  readonly judging: number;
  readonly limit: number;
}): number | null => {
  const { steps, plannedSteps, epochSteps, timed, training, seconds, judging, limit } = at;
  const left = limit - judging - seconds;
  if (timed < 1 || training < (left + training) * lookAt) return null;
  const more = Math.floor((Math.max(0, left) * usable) / (training / timed + judging / epochSteps));
  return Math.min(plannedSteps, Math.max(steps + 1, steps + more));
};

/** What the line of progress says: loss, rate, speed and the time to the end of the run. */
export const progressText = (at: {
  readonly loss: number;
  readonly learningRate: number;
  readonly perSecond: number;
  readonly what: 'tokens' | 'examples';
  readonly secondsLeft: number;
}): string =>
  [
    `loss ${at.loss.toFixed(3)}`,
    `rate ${at.learningRate.toExponential(1)}`,
    `${Math.round(at.perSecond).toLocaleString('en-US')} ${at.what}/s`,
    `${durationText(at.secondsLeft)} to the end`,
  ].join(', ');

import type { Gate, GateResult, Measurement, MetricSpec, Verdict } from '../contracts/index.ts';
import { holm } from '../statistics/index.ts';
import { hold, type Tested } from './demand.ts';

/** A gate on slice "*" stands for every slice of that metric that was measured. With no slices there is nothing to hold it against,
 *  and it stays as it is: judged undecided. */
export const expandGates = (gates: readonly Gate[], baseline: readonly Measurement[]): Gate[] =>
  gates.flatMap((gate) => {
    if (gate.slice !== '*') return [gate];
    const slices = baseline.flatMap(({ metric, slice }) =>
      metric === gate.metric && slice !== undefined ? [slice] : [],
    );
    return slices.length === 0 ? [gate] : slices.map((slice) => ({ ...gate, slice }));
  });

/** A count as good as it is known: two digits, rounded up. 139625 → "140,000". */
const aboutText = (count: number): string => {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return (Math.ceil(count / step) * step).toLocaleString('en-US');
};

/** One test after the correction for judging several at once. */
const judgeTested = (one: Tested, pass: number, fail: number, together: number, alpha: number): GateResult => {
  const { gate, value, bound, sentence } = one;
  const verdict: Verdict = pass <= alpha ? 'pass' : fail <= alpha ? 'fail' : 'undecided';
  if (verdict !== 'undecided') return { gate, verdict, p: pass, value, bound, reason: sentence };
  const needed = one.needed(alpha / together);
  const alone = Math.min(one.pass, one.fail) <= alpha;
  const why = alone ? `; ${together} conditions are judged at once, so each needs a stronger proof` : '';
  const advice =
    needed === null
      ? '; the data does not decide it'
      : `; about ${aboutText(needed)} ${needed <= 1 ? 'sample' : 'samples'} would decide it`;
  return {
    gate,
    verdict,
    p: pass,
    value,
    bound,
    reason: `${sentence}${why}${advice}`,
    ...(needed === null ? {} : { samplesNeeded: needed }),
  };
};

/** Hold a version's measurements against the gates: pass when the demand is proven, fail when its opposite is, otherwise undecided.
 *  Several gates judged at once are corrected by Holm's method, for passing and for failing alike. Exact numbers need no proof.
 *  Nothing that was not measured passes. `confidence` from above 0.5 to below 1. */
export const judge = (
  gates: readonly Gate[],
  measurements: readonly Measurement[],
  metrics: readonly MetricSpec[],
  confidence: number,
): GateResult[] => {
  const demands = gates.map((gate) => hold(gate, measurements, metrics, confidence));
  const tested = demands.filter((one) => one.kind === 'tested');
  const passes = holm(tested.map(({ pass }) => pass));
  const fails = holm(tested.map(({ fail }) => fail));
  return demands.map((one): GateResult => {
    const { gate } = one;
    switch (one.kind) {
      case 'open':
        return { gate, verdict: 'undecided', p: null, value: Number.NaN, bound: Number.NaN, reason: one.reason };
      case 'known':
        return {
          gate,
          verdict: one.met ? 'pass' : 'fail',
          p: null,
          value: one.value,
          bound: one.value,
          reason: one.sentence,
        };
      case 'tested': {
        const at = tested.indexOf(one);
        // 1 − 0.95 is a little more than 0.05.
        const alpha = Number((1 - confidence).toFixed(12));
        return judgeTested(one, passes[at]!, fails[at]!, tested.length, alpha);
      }
    }
  });
};

/** All gates together: one failure fails, one open question leaves it undecided. */
export const verdictOf = (results: readonly GateResult[]): Verdict =>
  results.some(({ verdict }) => verdict === 'fail')
    ? 'fail'
    : results.some(({ verdict }) => verdict === 'undecided')
      ? 'undecided'
      : 'pass';

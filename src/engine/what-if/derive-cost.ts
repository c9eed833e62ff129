import type { Comparison, Measurement, Price } from '../../contracts/index.ts';
import { costPerMillion } from '../../weigh/cost/requests.ts';

/** The other way up, times `scale`: throughput ratio → cost ratio. Quantiles change sides. */
const inverse = (versus: Comparison, scale: number): Comparison => {
  const turn = (value: number): number => scale / value;
  const { evidence } = versus;
  return {
    ...versus,
    value: turn(versus.value),
    low: turn(versus.high),
    high: turn(versus.low),
    evidence:
      evidence.kind === 'bootstrap'
        ? {
            kind: 'bootstrap',
            probabilities: evidence.probabilities.map((p) => 1 - p).reverse(),
            values: evidence.values.map(turn).reverse(),
          }
        : evidence,
    method: `${versus.method} of the throughput`,
  };
};

/** What a million requests cost at a price, from a throughput that was measured: cost is price over throughput, so nothing has to be
 *  measured again. `cores` are those that one process of the version and of the original keep busy. null: no throughput is known.
 *  Source: as the evaluator cost/requests. */
export const deriveCost = (
  measurements: readonly Measurement[],
  price: Price,
  cores: { readonly own: number; readonly original: number },
): Measurement | null => {
  const throughput = measurements.find(({ metric, slice }) => metric === 'throughput' && slice === undefined);
  if (throughput === undefined || !(throughput.value > 0)) return null;
  const cost = (rate: number): number => costPerMillion(price, cores.own, rate);
  const { versus, value, low, high } = throughput;
  return {
    ...throughput,
    metric: 'cost',
    unit: 'currency/million requests',
    value: cost(value),
    low: cost(high),
    high: low > 0 ? cost(low) : Number.POSITIVE_INFINITY,
    caveat: [
      ...(throughput.caveat === undefined ? [] : [throughput.caveat]),
      ...(cores.own > price.cores
        ? [`the price buys ${price.cores} cores, but the process was measured with ${cores.own}`]
        : []),
      `estimate: ${price.currency} ${price.perHour} an hour for ${price.cores} cores of which each process uses ${cores.own}, never idle, other cores as fast as the measured ones; from the throughput that the run measured`,
    ].join('; '),
    ...(versus === undefined ? {} : { versus: inverse(versus, cores.own / cores.original) }),
  };
};

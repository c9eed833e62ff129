import {
  defineEvaluator,
  type Context,
  type Measurement,
  type Options,
  type SubjectOutcome,
  type Trial,
} from '../../contracts/index.ts';
import { caveatOf, collect, judge, measureMedian } from '../load/compare.ts';
import { timedRounds, timingOptions } from '../load/timing.ts';
import { randomOf, shareOf } from '../load/scenarios/options.ts';
import { streamPlan } from '../load/scenarios/plans.ts';
import { answeredCount } from '../load/scenarios/readings.ts';
import { runsUnderLoad } from '../load/scenarios/runs.ts';
import { loadCaveat } from '../load/scenarios/tell.ts';
import { takeLoadTurn, type LoadTurn } from '../load/scenarios/turn.ts';
import { gramsPerMillion, joulesOf, usualWattsPerThread, worldGridIntensity } from './footprint.ts';
import { findMeter, type Meter } from './meter.ts';

const energyOptions = {
  ...timingOptions,
  wattsPerThread: {
    kind: 'number',
    default: 0,
    min: 0,
    max: 1000,
    unit: 'W',
    description:
      'For an estimate: power of one busy thread (thermal design power over threads); 0: 4 W, CodeCarbon’s rule for CPUs that it does not know.',
  },
  uncertainty: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 0.99,
    description: 'For an estimate: the true power is taken to lie this share above or below.',
  },
  gridIntensity: {
    kind: 'number',
    default: worldGridIntensity,
    min: 0,
    max: 3000,
    unit: 'g/kWh',
    description: 'CO₂-equivalent of the grid; the default is the world average.',
  },
} as const;

type EnergyOptions = Options<typeof energyOptions>;

/** Energy as measured, and what it comes to in CO₂ at the grid's intensity. */
const both = (energy: Measurement, { gridIntensity }: EnergyOptions): readonly Measurement[] => {
  const world = gridIntensity === worldGridIntensity ? ', the world average' : '';
  return [
    energy,
    {
      ...energy,
      metric: 'co2',
      unit: 'g/million requests',
      value: gramsPerMillion(energy.value, gridIntensity),
      low: gramsPerMillion(energy.low, gridIntensity),
      high: gramsPerMillion(energy.high, gridIntensity),
      caveat: `estimate: ${gridIntensity} g of CO₂ per kWh${world}; ${energy.caveat ?? ''}`,
    },
  ];
};

/** CPU time, measured, times the power of a thread, assumed. The ratio to the baseline needs no assumption. */
const estimated = async (
  trial: Trial,
  options: EnergyOptions,
  context: Context,
): Promise<ReadonlyMap<string, SubjectOutcome>> => {
  const { wattsPerThread, uncertainty, gridIntensity: _, ...timing } = options;
  const watts = wattsPerThread || usualWattsPerThread;
  const groups = await timedRounds(trial, timing, trial.batchSize, 'measuring CPU time', context);
  const sessions = judge(
    trial,
    groups,
    ({ cpuMs }) => cpuMs,
    options.target,
    'energy',
    context,
    undefined,
    'energy/request',
  );
  const said =
    wattsPerThread === 0
      ? `${watts} W per busy thread by CodeCarbon’s rule for CPUs that it does not know`
      : `${watts} W per busy thread as stated`;
  const told = `estimate: this machine has no meter that may be read; CPU time × ${said}, ± ${Math.round(uncertainty * 100)} %; memory and idle power not counted`;
  return collect(trial, sessions, (session, arm) => {
    const energy = measureMedian(
      trial,
      session,
      arm,
      {
        metric: 'energy',
        unit: 'J/request',
        read: ({ cpuMs }) => cpuMs,
        convert: (ms) => joulesOf(ms / trial.batchSize, watts),
      },
      context,
    );
    const { low, high } = energy;
    const wide = { ...energy, low: low * (1 - uncertainty), high: high * (1 + uncertainty) };
    return both({ ...wide, caveat: caveatOf(session, [told]) }, options);
  });
};

interface MeteredTurn extends LoadTurn {
  readonly joules: number;
}

const meteredRuns = 6;

/** Runs of one request after the other, with the meter read before and after each. */
export const metered = async (
  trial: Trial,
  meter: Meter,
  options: EnergyOptions,
  context: Context,
): Promise<ReadonlyMap<string, SubjectOutcome>> => {
  const { maxSeconds, together } = options;
  const share = shareOf(trial, { runs: meteredRuns, seconds: 2, minQueries: 1, maxSeconds, together });
  const rows = trial.batchSize;
  const groups = await runsUnderLoad(
    trial,
    {
      label: 'measuring energy',
      rows,
      runs: meteredRuns,
      laps: Math.min(meteredRuns, options.laps),
      together,
      round: async ({ library, warmMs }, round, arms, attempt) => {
        const draws = { samples: randomOf(context, 'samples', round), log: randomOf(context, 'log', round), keep: 0 };
        const plan = streamPlan(share, warmMs, 1, library, draws);
        const turns = new Map<string, MeteredTurn>();
        for (const arm of arms) {
          const turn = await attempt(arm, async (): Promise<MeteredTurn> => {
            const end = meter.begin();
            const taken = await takeLoadTurn(arm.client, plan, plan.drainMs);
            return { ...taken, joules: end() / (rows * answeredCount(taken.played)) };
          });
          if (turn !== null) turns.set(arm.id, turn);
        }
        return turns;
      },
    },
    context,
  );
  const read = (turn: LoadTurn): number => Math.max(1e-12, (turn as MeteredTurn).joules);
  const sessions = judge(trial, groups, read, options.target, 'energy', context);
  return collect(trial, sessions, (session, arm) => {
    const metric = { metric: 'energy', unit: 'J/request' as const, read, convert: null };
    const energy = measureMedian(trial, session, arm, metric, context);
    return both({ ...energy, caveat: loadCaveat(session, groups, arm, [`measured by ${meter.source}`]) }, options);
  });
};

/** What a request costs in energy. */
export const energyRequest = defineEvaluator({
  id: 'energy/request',
  version: 1,
  title: 'Energy',
  source: 'CodeCarbon (RAPL, else thermal design power times CPU share); Linux powercap',
  metrics: [
    {
      id: 'energy',
      title: 'Energy per request',
      unit: 'J/request',
      better: 'lower',
      versus: 'ratio',
      definition:
        'Joules per request, by RAPL or a battery’s drain where they can be read, otherwise estimated as CPU time times the power of a thread (CodeCarbon’s rule); median over runs.',
    },
    {
      id: 'co2',
      title: 'CO₂ per million requests',
      unit: 'g/million requests',
      better: 'lower',
      versus: 'ratio',
      definition:
        'That energy times the carbon intensity of the grid, for a million requests (CodeCarbon). An estimate.',
    },
  ],
  options: energyOptions,
  needs: { dataset: 'inputs', alone: true },
  when: 'asked',
  evaluate(trial, options, context) {
    const meter = findMeter();
    return meter === null ? estimated(trial, options, context) : metered(trial, meter, options, context);
  },
});

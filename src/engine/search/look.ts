import type { Ask, Chain, Tried, TrialOutcome } from '../../contracts/index.ts';
import { standing } from '../../decide/index.ts';
import { digestOf } from '../../records/index.ts';
import { metrics } from '../../weigh/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import { ofAnswers } from '../measure/evaluators.ts';
import { outcomeOf } from '../measure/measure.ts';
import { baselineOf, weighIn } from '../measure/weigh-in.ts';
import type { Weighed } from '../run/run.ts';
import { builtDigest } from '../run/subject.ts';
import { buildOutcome, subjectsOf, whyNot, type Version, type Workshop } from '../build/versions.ts';
import { jobOf } from '../crew/job.ts';
import { answerJobs, buildJobs } from './ahead.ts';
import { objectivesOf, wantedOf } from './objectives.ts';
import { partOf, type LookPlan } from './rungs.ts';
import { thrifty } from './thrift.ts';

/** A point that was looked at, with the chain that it stands for. */
export interface Looked extends Tried {
  readonly chain: Chain;
  /** Of its seconds, those of its build. */
  readonly buildSeconds: number;
}

/** A point to look at, with the chain that it stands for. */
export interface ToLook extends Ask {
  readonly chain: Chain;
}

/** What looks need to know. */
export interface Looking {
  readonly workshop: Workshop;
  /** The looks, the cheapest first; a rung is an index into them. */
  readonly plans: readonly LookPlan[];
}

const keyOf = ({ built }: Version): string => digestOf({ files: builtDigest(built), session: built.sessionOptions });

/** Logarithm by which two processes of the same model usually differ: what rounds on a single set of processes cannot see. */
const processSpread = 0.02;

/** Look at built versions, all in one session with the original, and answer what came of each by id. */
const lookTogether = async (
  { workshop, plans }: Looking,
  rung: number,
  versions: readonly Version[],
): Promise<ReadonlyMap<string, TrialOutcome>> => {
  const { run } = workshop;
  const { scenario, data } = run;
  const plan = plans[rung]!;
  const last = rung === plans.length - 1;
  const split = partOf(data, plan.rows, scenario.seed);
  const baseline = baselineOf(run);
  const weighed: readonly Weighed[] = await subjectsOf(run, versions);
  await run.crew.ahead(answerJobs(run, baseline, weighed, split));
  const evaluators = thrifty(run.evaluators, scenario.must, scenario.prefer, plan, { first: rung === 0, last });
  const measuring = {
    kind: 'measure',
    chains: weighed.map(({ chain }) => chain),
    split: split.name,
    evaluators: evaluators.map(({ evaluator }) => evaluator.id),
    seconds: plan.seconds,
    rung,
  } as const;
  // In one session, by one worker: only what was timed side by side is compared.
  await run.crew.ahead([jobOf(run, measuring, true)]);
  const candidates = weighed.map(({ subject }) => subject);
  const measured = await weighIn(run, { split, baseline, candidates, evaluators, seconds: plan.seconds });
  const own = outcomeOf(measured, baseline.id);
  const before = own.kind === 'measured' ? own.measurements : [];
  const wanted = wantedOf(scenario.prefer, run.evaluators);
  const aboutRows = new Set(
    ofAnswers(run.evaluators).flatMap(({ evaluator }) => evaluator.metrics.map(({ id }) => id)),
  );
  return new Map(
    weighed.map(({ subject: { id } }): [string, TrialOutcome] => {
      const outcome = outcomeOf(measured, id);
      if (outcome.kind === 'failed') return [id, { kind: 'failed', reason: outcome.message }];
      const { measurements } = outcome;
      return [
        id,
        {
          kind: 'looked',
          ...objectivesOf(wanted, measurements, before, plan.laps === 1 ? processSpread : 0),
          ...standing(scenario.must, before, measurements, metrics, scenario.confidence, {
            rows: plans.map(({ rows }) => rows),
            at: rung,
            ofRows: (metric) => aboutRows.has(metric),
          }),
        },
      ];
    }),
  );
};

/** A refusal follows from the steps before it; what failed otherwise says nothing about others. */
const failureOf = ({ steps }: Chain, outcome: Parameters<typeof whyNot>[0]): TrialOutcome => ({
  kind: 'failed',
  reason: whyNot(outcome),
  ...(outcome.kind === 'refused'
    ? { steps: steps.findIndex(({ technique }) => technique === outcome.technique) + 1 }
    : {}),
});

/** Look at some points: build each (or find it built), then weigh all of one rung against the original in one session, on that rung's rows and
 *  with its short timing. A version that cannot be built or does not run has that as its outcome; versions that end in the same bytes are
 *  looked at once. Everything passes through the store, so that a look that was interrupted goes on where it was.
 *  Units: `seconds` of a look is its own build and its share of what was done together, by the wall clock.
 *  Errors: `engine/cancelled`; faults of the run as a whole. */
export const look = async (looking: Looking, asks: readonly ToLook[]): Promise<readonly Looked[]> => {
  const { workshop } = looking;
  const { context, crew } = workshop.run;
  const chains = [...new Map(asks.map(({ chain }) => [chain.id, chain])).values()];
  await crew.ahead(buildJobs(workshop, chains));
  const failed = new Map<string, TrialOutcome>();
  const built = new Map<string, Version>();
  const seconds = new Map<string, number>();
  for (const chain of chains) {
    throwIfCancelled(context.signal);
    const started = context.now();
    const outcome = await buildOutcome(workshop, chain);
    seconds.set(chain.id, (context.now() - started) / 1000);
    if (outcome.kind === 'built') built.set(chain.id, { chain, built: outcome });
    else failed.set(chain.id, failureOf(chain, outcome));
  }
  const outcomes = new Map<Ask, TrialOutcome>();
  const shares = new Map<Ask, number>();
  for (const rung of new Set(asks.map((one) => one.rung))) {
    const some = asks.filter((one) => one.rung === rung && built.has(one.chain.id));
    // The simplest of those that are the same stands for all.
    const simplest = some.toSorted((a, b) => a.chain.steps.length - b.chain.steps.length);
    const byBytes = new Map<string, Version>();
    const standsFor = new Map<Ask, string>();
    for (const one of simplest) {
      const version = built.get(one.chain.id)!;
      const key = keyOf(version);
      if (!byBytes.has(key)) byBytes.set(key, version);
      standsFor.set(one, byBytes.get(key)!.chain.id);
    }
    const started = context.now();
    const found =
      some.length === 0 ? new Map<string, TrialOutcome>() : await lookTogether(looking, rung, [...byBytes.values()]);
    const share = (context.now() - started) / 1000 / Math.max(1, some.length);
    for (const one of some) {
      outcomes.set(one, found.get(standsFor.get(one)!)!);
      shares.set(one, share);
    }
  }
  return asks.map(({ point, rung, chain }, at) => ({
    point,
    rung,
    chain,
    outcome: outcomes.get(asks[at]!) ?? failed.get(chain.id)!,
    seconds: seconds.get(chain.id)! + (shares.get(asks[at]!) ?? 0),
    buildSeconds: seconds.get(chain.id)!,
  }));
};

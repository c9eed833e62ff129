import type { Chain, Job } from '../../contracts/index.ts';
import { conclude } from '../choose/conclude.ts';
import { baselineOf, weighIn } from '../measure/weigh-in.ts';
import type { OpenRun } from '../run/open-run.ts';
import { rememberAnswers } from '../measure/predictions.ts';
import { rescue } from '../choose/rescue.ts';
import { lookPlans, rowsOf, splitNamed } from '../search/rungs.ts';
import { thrifty } from '../search/thrift.ts';
import { buildOutcome, subjectsOf, type Version } from '../build/versions.ts';

/** The versions of these chains, built or found; those that cannot be built are left out, as they are by the run itself. */
const versionsOf = async (opened: OpenRun, chains: readonly Chain[]): Promise<readonly Version[]> => {
  const workshop = await opened.workshop();
  const versions: Version[] = [];
  for (const chain of chains) {
    const built = await buildOutcome(workshop, chain);
    if (built.kind === 'built') versions.push({ chain, built });
  }
  return versions;
};

/** Do a job with the very functions that the run itself uses: what they find is in the store when this resolves.
 *  Errors: those of building, answering and measuring; `engine/cancelled`. */
export const performJob = async (opened: OpenRun, { work }: Pick<Job, 'work'>): Promise<void> => {
  const { run } = opened;
  const { scenario, task, data, store, context, machine } = run;
  switch (work.kind) {
    case 'build':
      await buildOutcome(await opened.workshop(), work.chain);
      return;
    case 'answer': {
      const split = splitNamed(data, work.split, scenario.seed);
      const subjects =
        work.chain === null
          ? [baselineOf(run)]
          : (await subjectsOf(run, await versionsOf(opened, [work.chain]))).map(({ subject }) => subject);
      const answers = rememberAnswers(task, store, machine, context, scenario.traffic.batchSize);
      for (const subject of subjects) await answers(subject, split);
      return;
    }
    case 'measure': {
      const weighed = await subjectsOf(run, await versionsOf(opened, work.chains));
      const plans = lookPlans(rowsOf(data));
      const asked =
        work.rung === undefined
          ? run.evaluators
          : thrifty(run.evaluators, scenario.must, scenario.prefer, plans[work.rung]!, {
              first: work.rung === 0,
              last: work.rung === plans.length - 1,
            });
      await weighIn(run, {
        split: splitNamed(data, work.split, scenario.seed),
        baseline: baselineOf(run),
        candidates: weighed.map(({ subject }) => subject),
        evaluators: asked.filter(({ evaluator }) => work.evaluators.includes(evaluator.id)),
        seconds: work.seconds,
      });
      return;
    }
    case 'rescue':
      await rescue(await opened.workshop(), work.chains, await versionsOf(opened, work.built));
      return;
    case 'conclude':
      await conclude(run, await versionsOf(opened, work.chains), work.seconds);
      return;
  }
};

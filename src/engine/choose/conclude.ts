import type { ChoiceRecord } from '../../contracts/index.ts';
import { choose } from './choose.ts';
import type { Outcomes } from '../measure/measure.ts';
import { baselineOf, weighIn } from '../measure/weigh-in.ts';
import { recordReceipts } from '../receipt/record.ts';
import type { Run, Weighed } from '../run/run.ts';
import { tieSeconds, timePlan } from '../search/time.ts';
import { subjectsOf, type Version } from '../build/versions.ts';

/** Weigh what was built or brought, choose, confirm, and look at the kernels of what the report is about. Everything that was found is in the
 *  store, so whoever does it again finds it. `seconds`: what evaluators of time may share. Errors: `engine/cancelled`; those of measuring. */
export const conclude = async (
  run: Run,
  versions: readonly Version[],
  seconds: number,
): Promise<{ readonly choice: ChoiceRecord; readonly chosen: Weighed | null; readonly measured: Outcomes }> => {
  const { scenario, data } = run;
  const weighed = await subjectsOf(run, versions);
  const baseline = baselineOf(run);
  const measured = await weighIn(run, {
    split: data.evaluation,
    baseline,
    candidates: weighed.map(({ subject }) => subject),
    evaluators: run.evaluators,
    seconds,
  });
  const choice = await choose(run, baseline, weighed, measured, tieSeconds(timePlan(scenario)));
  const chosen = weighed.find(({ subject }) => subject.id === choice.chosen) ?? null;
  await recordReceipts(run, baseline, chosen ?? weighed.find(({ subject }) => subject.id === choice.nearest) ?? null);
  return { choice, chosen, measured };
};

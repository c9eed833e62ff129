import type { ChoiceRecord, Machine, Subject } from '../../contracts/index.ts';
import { choose } from './choose.ts';
import { measureAll, type Outcomes } from '../measure/measure.ts';
import { recordReceipts } from '../receipt/record.ts';
import type { Run, Weighed } from '../run/run.ts';
import { tieSeconds, timePlan } from '../search/time.ts';
import { subjectOf } from '../run/subject.ts';
import { tokenGradients } from '../measure/token-gradients.ts';
import { subjectsOf, type Version } from '../build/versions.ts';

/** Weigh what was built or brought, choose, confirm, and look at the kernels of what the report is about. Everything that was found is in the
 *  store, so whoever does it again finds it. `seconds`: what evaluators of time may share. Errors: `engine/cancelled`; those of measuring. */
export const conclude = async (
  run: Run,
  versions: readonly Version[],
  machine: Machine,
  seconds: number,
): Promise<{ readonly choice: ChoiceRecord; readonly chosen: Weighed | null; readonly measured: Outcomes }> => {
  const { scenario, store, context, found, task, data, session } = run;
  const weighed = await subjectsOf(run, versions);
  const baseline: Subject = subjectOf('baseline', found.digest, found.files, session, context);
  const measured = await measureAll({
    task,
    split: data.evaluation,
    baseline,
    candidates: weighed.map(({ subject }) => subject),
    groups: data.groups,
    confidence: scenario.confidence,
    price: scenario.price,
    traffic: scenario.traffic,
    evaluators: run.evaluators,
    ...data.beside,
    gradients: tokenGradients(run.found.model, run.found.folder, task, context),
    seconds,
    machine,
    store,
    context,
  });
  const choice = await choose(run, baseline, weighed, measured, machine, tieSeconds(timePlan(scenario)));
  const chosen = weighed.find(({ subject }) => subject.id === choice.chosen) ?? null;
  await recordReceipts(run, baseline, chosen ?? weighed.find(({ subject }) => subject.id === choice.nearest) ?? null);
  return { choice, chosen, measured };
};

import type { ChoiceRecord, Machine, Measurement, Subject } from '../contracts/index.ts';
import { confirm, decide, type Contender } from '../decide/index.ts';
import { digestOf } from '../records/index.ts';
import { auditItems } from '../weigh/quality/index.ts';
import { metrics } from '../weigh/index.ts';
import { appendNewest } from './append.ts';
import { ofAnswers } from './evaluators.ts';
import { measureAll, outcomeOf, type Outcomes } from './measure.ts';
import { rememberAnswers } from './predictions.ts';
import type { Run, Weighed } from './run.ts';
import { tokenGradients } from './token-gradients.ts';

const measured = (outcomes: Outcomes, id: string): readonly Measurement[] | null => {
  const outcome = outcomeOf(outcomes, id);
  return outcome.kind === 'measured' ? outcome.measurements : null;
};

/** The items that one version answers differently, kept for people to read. */
const audit = async (
  run: Run,
  baseline: Subject,
  candidate: Subject,
  split: 'evaluation' | 'holdback',
  machine: Machine,
): Promise<void> => {
  const { store, context, task, data } = run;
  const key = digestOf({
    kind: 'audit',
    candidate: candidate.digest,
    session: candidate.sessionOptions,
    task: task.fingerprint,
    data: data[split].digest,
    machine: machine.digest,
  });
  if ((await store.find(key)) !== null) return;
  const answers = rememberAnswers(task, store, machine, context, run.scenario.traffic.batchSize);
  const started = context.now();
  const found = auditItems(
    data[split].examples,
    await answers(baseline, data[split]),
    await answers(candidate, data[split]),
    100,
    task.judging,
  );
  await store.append({
    kind: 'audit',
    key,
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    machine: machine.digest,
    candidate: candidate.id,
    split,
    ...found,
  });
};

/** Decide from what was measured, then re-test the choice on data that no selection saw, and keep both as a record. */
export const choose = async (
  run: Run,
  baseline: Subject,
  weighed: readonly Weighed[],
  outcomes: Outcomes,
  machine: Machine,
): Promise<ChoiceRecord> => {
  const { scenario, store, context, data, task } = run;
  const started = context.now();
  context.progress({ label: 'deciding', done: 0, total: null });
  const original: Contender = { id: baseline.id, measurements: measured(outcomes, baseline.id) ?? [], steps: 0 };
  const contenders = weighed.flatMap(({ subject, chain }): Contender[] => {
    const measurements = measured(outcomes, subject.id);
    return measurements === null ? [] : [{ id: subject.id, measurements, steps: chain.steps.length }];
  });
  const decision = decide(scenario.must, scenario.prefer, original, contenders, metrics, scenario.confidence);
  const chosen = weighed.find(({ subject }) => subject.id === decision.chosen) ?? null;
  let confirmation: ChoiceRecord['confirmation'] = null;
  if (chosen !== null) {
    const again = await measureAll({
      task,
      split: data.holdback,
      baseline,
      candidates: [chosen.subject],
      groups: data.groups,
      confidence: scenario.confidence,
      price: scenario.price,
      traffic: scenario.traffic,
      evaluators: ofAnswers(run.evaluators),
      ...data.beside,
      gradients: tokenGradients(run.found.model, run.found.folder, task, context),
      seconds: 0,
      machine,
      store,
      context,
    });
    const [before, after] = [measured(again, baseline.id), measured(again, chosen.subject.id)];
    confirmation =
      before === null || after === null
        ? { verdict: 'undecided', gates: [] }
        : confirm(scenario.must, before, after, metrics, scenario.confidence);
    await audit(run, baseline, chosen.subject, 'holdback', machine);
  }
  const shown = chosen ?? weighed.find(({ subject }) => subject.id === decision.nearest) ?? null;
  if (shown !== null) await audit(run, baseline, shown.subject, 'evaluation', machine);
  const record: ChoiceRecord = {
    kind: 'choice',
    key: digestOf({ decision, confirmation, must: scenario.must, prefer: scenario.prefer, machine: machine.digest }),
    at: new Date().toISOString(),
    seconds: (context.now() - started) / 1000,
    machine: machine.digest,
    instructionSets: machine.instructionSets,
    ...decision,
    confirmation,
  };
  await appendNewest(store, record);
  return record;
};

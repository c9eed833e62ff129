import type { Subject } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { auditItems } from '../../weigh/quality/index.ts';
import { rememberAnswers } from './predictions.ts';
import type { Run } from '../run/run.ts';

/** The items that one version answers differently, kept for people to read. */
export const audit = async (
  run: Run,
  baseline: Subject,
  candidate: Subject,
  split: 'evaluation' | 'holdback',
): Promise<void> => {
  const { store, context, task, data, machine } = run;
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

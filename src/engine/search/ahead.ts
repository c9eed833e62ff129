import { requestsPerCall, type Chain, type Job, type Subject } from '../../contracts/index.ts';
import { predictKey } from '../run/keys.ts';
import type { Split } from '../measure/predictions.ts';
import type { Run, Weighed } from '../run/run.ts';
import { buildKeyOf, type Workshop } from '../build/versions.ts';

/** Jobs that build these chains, each under the key of its record. */
export const buildJobs = (workshop: Workshop, chains: readonly Chain[]): readonly Job[] =>
  chains.map((chain) => ({ key: buildKeyOf(workshop, chain), work: { kind: 'build', chain }, alone: false }));

/** Jobs that answer the rows of a split, the original's among them, each under the key of its record. */
export const answerJobs = (
  { task, machine, scenario }: Run,
  baseline: Subject,
  weighed: readonly Weighed[],
  split: Split,
): readonly Job[] => {
  const keyOf = (subject: Subject) =>
    predictKey({
      subject: subject.digest,
      session: subject.sessionOptions,
      task: (subject.task ?? task).fingerprint,
      data: split.digest,
      batchSize: requestsPerCall(subject, scenario.traffic.batchSize),
      runtime: machine.onnxruntime,
      instructionSets: machine.instructionSets,
    });
  const everyone = [{ subject: baseline, chain: null }, ...weighed];
  return everyone.map(({ subject, chain }) => ({
    key: keyOf(subject),
    work: { kind: 'answer', chain, split: split.name },
    alone: false,
  }));
};

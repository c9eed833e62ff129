import {
  SteelyardError,
  type BundleRecord,
  type Crew,
  type Job,
  type Machine,
  type Store,
  type Target,
  usableCores,
} from '../../contracts/index.ts';
import { anyWorker, type Dispatch, type Order, type Present, type Requirement } from '../../queue/index.ts';
import { describeJob } from './job.ts';

/** What travels with a job: where its world is. */
export interface Errand {
  readonly job: Job;
  readonly bundle: BundleRecord['key'];
  /** Where the run's artifacts lie, for workers that were not told. */
  readonly artifacts: string;
}

/** What a scenario asks of the hardware. */
export const requiredOf = (target: Target | null): Requirement => ({ ...anyWorker, ...target });

/** The machine that a run decides for: the one it decided for before, else this one, else the kind with the most workers.
 *  `able`: at least one. */
export const chooseMachine = (able: readonly Present[], before: string | null, here: string): Machine => {
  const kinds = new Map<string, { machine: Machine; size: number }>();
  for (const { machine, size } of able)
    kinds.set(machine.digest, { machine, size: size + (kinds.get(machine.digest)?.size ?? 0) });
  const rank = ({ machine: { digest }, size }: { machine: Machine; size: number }): readonly number[] => [
    digest === before ? 1 : 0,
    digest === here ? 1 : 0,
    size,
  ];
  const [first] = [...kinds.values()].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const at = x.findIndex((value, index) => value !== y[index]);
    return at < 0 ? (a.machine.digest < b.machine.digest ? -1 : 1) : y[at]! - x[at]!;
  });
  return first!.machine;
};

export interface QueuedSettings {
  readonly dispatch: Dispatch;
  readonly store: Store;
  readonly bundle: BundleRecord;
  readonly artifacts: string;
  readonly target: Target | null;
  readonly machine: Machine;
  /** How many jobs the run thinks of at a time. It is part of what a search does: the same number gives the same search. */
  readonly width: number;
  /** Where reasons of jobs that nobody could do are put. */
  readonly reasons: string[];
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/** A crew that is reached over a queue: whoever is there and fits does the jobs. Builds and answers go to workers with the kernels that the
 *  run decides for, and what is about time to workers on the same kind of machine, where nothing else runs meanwhile.
 *  What nobody could do is told with its reason and left to the run. */
export const queuedCrew = (settings: QueuedSettings): Crew => {
  const { dispatch, store, machine, bundle, artifacts, reasons, log } = settings;
  const required = requiredOf(settings.target);
  const kernels = { instructionSets: machine.instructionSets, onnxruntime: machine.onnxruntime };
  return {
    size: settings.width,
    async ahead(jobs, progress) {
      const wanted = new Map<string, Job>();
      for (const job of jobs)
        if (!wanted.has(job.key) && (await store.find(job.key)) === null) wanted.set(job.key, job);
      const orders = [...wanted.values()].map((job): Order => ({
        key: job.key,
        alone: job.alone,
        body: { job, bundle: bundle.key, artifacts } satisfies Errand,
        required: { ...required, kernels, machine: job.alone ? machine.digest : null },
      }));
      for (const { key, reason } of await dispatch.perform(orders, progress)) {
        const told = `${describeJob(wanted.get(key)!)}: ${reason}`;
        reasons.push(told);
        log('warn', `no worker could do it: ${told}`);
      }
    },
    close: () => dispatch.close(),
  };
};

/** Why something was not found out here. */
export const elsewhere = (machine: Machine, reasons: readonly string[]): SteelyardError =>
  new SteelyardError(
    'engine/elsewhere',
    `the run decides for another machine (${machine.cpu}, ${usableCores(machine)} cores), and its workers did not find out what is needed${reasons.length === 0 ? '' : `: ${reasons.at(-1)}`}`,
    'see what failed with steelyard queue, then run the same command with --resume',
  );

import type { Job } from '../../contracts/index.ts';
import { digestOf } from '../../records/index.ts';
import { packageVersion } from '../../package/index.ts';
import { askedOf } from '../measure/evaluators.ts';
import type { Run } from '../run/run.ts';

/** A piece of a run's work, under a key over everything that may change what comes of it. Where the scenario's files lie does not: a run that
 *  goes on elsewhere asks for the same jobs as before. */
export const jobOf = (
  { scenario, found, data, task, evaluators, machine }: Run,
  work: Job['work'],
  alone: boolean,
): Job => ({
  key: digestOf({
    kind: 'job',
    steelyard: packageVersion,
    work,
    scenario: { ...scenario, model: null, data: null, weigh: askedOf(evaluators) },
    model: found.digest,
    data: data.digest,
    task: task.fingerprint,
    machine: machine.digest,
  }),
  work,
  alone,
});

/** A job in words. */
export const describeJob = ({ work }: Pick<Job, 'work'>): string => {
  switch (work.kind) {
    case 'build':
      return `building ${work.chain.id}`;
    case 'answer':
      return `${work.chain?.id ?? 'the original'} answers the ${work.split} data`;
    case 'measure':
      return `measuring ${work.chains.length} versions on the ${work.split} data`;
    case 'rescue':
      return 'taking harmful layers back';
    case 'conclude':
      return `weighing ${work.chains.length} versions and choosing`;
  }
};

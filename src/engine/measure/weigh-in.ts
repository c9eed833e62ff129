import type { Subject } from '../../contracts/index.ts';
import type { Run } from '../run/run.ts';
import { subjectOf } from '../run/subject.ts';
import { measureAll, type MeasureSettings, type Outcomes } from './measure.ts';
import { tokenGradients } from './token-gradients.ts';

/** The untouched model of a run, on the balance. */
export const baselineOf = ({ found, session, context }: Run): Subject =>
  subjectOf('baseline', found.digest, found.files, session, context);

/** Weigh versions of a run against its original, as its scenario says; see `measureAll`. */
export const weighIn = (
  run: Run,
  what: Pick<MeasureSettings, 'split' | 'baseline' | 'candidates' | 'evaluators' | 'seconds'>,
): Promise<Outcomes> => {
  const { scenario, task, data, found, machine, store, context } = run;
  const { confidence, price, traffic } = scenario;
  return measureAll({
    ...what,
    ...data.beside,
    task,
    groups: data.groups,
    confidence,
    price,
    traffic,
    gradients: tokenGradients(found.model, found.folder, task, context),
    machine,
    store,
    context,
  });
};

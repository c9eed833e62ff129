import { SteelyardError, type MetricSpec, type OptionsSpec } from '../../contracts/index.ts';
import { evaluators } from '../../weigh/index.ts';
import { closest } from '../../contracts/closest.ts';

export interface EvaluatorDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly source: string;
  /** When it runs: in every run, or only where a scenario names one of its metrics or itself. */
  readonly when: 'always' | 'asked';
  /** What it needs beside the model. */
  readonly needs: readonly string[];
  readonly metrics: readonly MetricSpec[];
  readonly options: OptionsSpec;
}

/** The evaluators and their metrics as their own declarations describe them: all, one evaluator, a family ("load/"), or the one that
 *  measures a metric. Errors: `usage/metric`. */
export const describeEvaluators = (id?: string): readonly EvaluatorDescription[] => {
  const found = evaluators.filter(
    (one) =>
      id === undefined ||
      one.id === id ||
      (id.endsWith('/') && one.id.startsWith(id)) ||
      one.metrics.some((metric) => metric.id === id),
  );
  if (found.length === 0) {
    const known = evaluators.flatMap((one) => [one.id, ...one.metrics.map((metric) => metric.id)]);
    const near = closest(id!, known);
    throw new SteelyardError(
      'usage/metric',
      `there is no metric or evaluator "${id!}"${near === null ? '' : `; did you mean "${near}"?`}`,
      'steelyard metrics lists all of them',
    );
  }
  return found.map(({ id: name, version, title, source, when = 'always', needs, metrics, options }) => ({
    id: name,
    version,
    title,
    source,
    when,
    needs: [
      ...(needs.dataset === 'labelled' ? ['right answers'] : needs.dataset === 'inputs' ? ['inputs'] : []),
      ...(needs.answers === undefined ? [] : [`answers of the kind ${[needs.answers].flat().join(' or ')}`]),
      ...(needs.price === true ? ['a price'] : []),
      ...(needs.outOfScope === true ? ['data.out-of-scope'] : []),
      ...(needs.alone ? ['a quiet machine'] : []),
    ],
    metrics,
    options,
  }));
};

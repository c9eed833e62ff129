import { SteelyardError, type Gate, type MetricSpec, type Scenario } from '../../contracts/index.ts';
import { closest } from '../../contracts/closest.ts';
import { limitKeys, limitOf } from '../scenario/quantity.ts';

/** Single changes to a scenario, as a user writes them. */
export interface Overrides {
  /** "accuracy worse-by-at-most 2 pp", "accuracy for style=casual at-least 85 %". */
  readonly must?: readonly string[];
  /** Metrics whose conditions are let go: "latency-p50", "accuracy for style=casual". */
  readonly waive?: readonly string[];
  /** Metric ids, the most wanted first. */
  readonly prefer?: readonly string[];
  readonly confidence?: number;
}

const shape = new RegExp(`^(\\S+)(?:\\s+for\\s+(\\S.*?))?\\s+(${limitKeys.join('|')})\\s+(.+?)$`);

const metricNamed = (id: string, where: string, metrics: readonly MetricSpec[]): MetricSpec => {
  const metric = metrics.find((one) => one.id === id);
  if (metric !== undefined) return metric;
  const near = closest(
    id,
    metrics.map((one) => one.id),
  );
  throw new SteelyardError(
    'usage/metric',
    `${where}: unknown metric "${id}"${near === null ? '' : `; did you mean "${near}"?`}`,
    'steelyard metrics lists all of them',
  );
};

/** One condition out of a text. Errors: `usage/must`, `usage/metric`, `scenario/unit`, `scenario/gate`. */
export const gateOf = (text: string, metrics: readonly MetricSpec[]): Gate => {
  const match = shape.exec(text.trim());
  if (match === null)
    throw new SteelyardError(
      'usage/must',
      `--must "${text}" is no condition`,
      `write a metric, where it is about a group "for <column>=<value>", one of ${limitKeys.join(', ')}, and a number with its unit: "accuracy worse-by-at-most 2 pp"`,
    );
  const [, id, slice, key, value] = match;
  const metric = metricNamed(id!, `--must "${text}"`, metrics);
  const limit = limitOf(metric, key as (typeof limitKeys)[number], value!);
  return { metric: metric.id, limit, ...(slice === undefined ? {} : { slice }) };
};

const sameSubject = (a: Pick<Gate, 'metric' | 'slice'>, b: Pick<Gate, 'metric' | 'slice'>): boolean =>
  a.metric === b.metric && a.slice === b.slice;

/** A scenario with single changes. A condition takes the place of those on the same metric and the same group, otherwise it is added.
 *  Errors: `usage/must`, `usage/waive`, `usage/prefer`, `usage/metric`, `usage/confidence`, `scenario/unit`, `scenario/gate`. */
export const withOverrides = (scenario: Scenario, overrides: Overrides, metrics: readonly MetricSpec[]): Scenario => {
  let must = [...scenario.must];
  for (const text of overrides.waive ?? []) {
    const [, metric, slice] = /^(\S+)(?:\s+for\s+(\S.*?))?$/.exec(text.trim()) ?? [];
    const gone = must.filter((gate) => gate.metric === metric && (slice === undefined || gate.slice === slice));
    if (gone.length === 0)
      throw new SteelyardError(
        'usage/waive',
        `--waive ${text}: the scenario has no such condition`,
        `it has ${[...new Set(must.map((gate) => `${gate.metric}${gate.slice === undefined ? '' : ` for ${gate.slice}`}`))].join(', ') || 'none'}`,
      );
    must = must.filter((gate) => !gone.includes(gate));
  }
  for (const text of overrides.must ?? []) {
    const gate = gateOf(text, metrics);
    const at = must.findIndex((one) => sameSubject(one, gate));
    const because = must[at]?.because;
    const named = because === undefined ? gate : { ...gate, because };
    must =
      at < 0
        ? [...must, gate]
        : must.flatMap((one, index) => (index === at ? [named] : sameSubject(one, gate) ? [] : [one]));
  }
  for (const id of overrides.prefer ?? [])
    if (metricNamed(id, '--prefer', metrics).better === 'neither')
      throw new SteelyardError('usage/prefer', `--prefer: "${id}" has no better direction, so it cannot be preferred`);
  const { confidence } = overrides;
  if (confidence !== undefined && !(confidence >= 0.5 && confidence <= 0.9999))
    throw new SteelyardError('usage/confidence', `--confidence is ${confidence}, expected 0.5 to 0.9999`);
  return {
    ...scenario,
    must,
    prefer: overrides.prefer ?? scenario.prefer,
    confidence: confidence ?? scenario.confidence,
  };
};

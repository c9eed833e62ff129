import { SteelyardError, type Gate, type MetricSpec, type Unit } from '../../contracts/index.ts';

/** Quantities that are never below nothing. */
const amounts: readonly Unit[] = [
  'ms',
  's',
  'bytes',
  'requests/s',
  'cpu-ms/request',
  'count',
  'J/request',
  'proportion',
];

/** Why no version could ever meet a condition; null: one could. */
const impossible = ({ limit }: Gate, { better, unit, versus }: MetricSpec): string | null => {
  if (limit.kind === 'at-least' && unit === 'proportion' && limit.value > 1) return 'no share is above 100 %';
  if (limit.kind === 'at-most' && limit.value < 0 && amounts.includes(unit) && better === 'lower')
    return 'it is never below 0';
  if (limit.kind !== 'worse-by-at-most') return null;
  if (versus === 'ratio' && better === 'lower' && limit.value <= -1)
    return 'what is lowered by 100 % or more would be gone';
  return versus === 'difference' && unit === 'proportion' && limit.value < -1
    ? 'shares differ by 100 percentage points at most'
    : null;
};

/** Conditions that nothing can meet, alone or two together, are a mistake in the file: better said now than after an hour.
 *  `where` tells the place of the gate with this index. Errors: `scenario/contradiction`. */
export const checkGates = (
  gates: readonly Gate[],
  metrics: readonly MetricSpec[],
  where: (index: number) => string,
): void => {
  for (const [index, gate] of gates.entries()) {
    const metric = metrics.find(({ id }) => id === gate.metric)!;
    const why = impossible(gate, metric);
    if (why !== null)
      throw new SteelyardError(
        'scenario/contradiction',
        `${where(index)}: no version can meet the condition on "${gate.metric}": ${why}`,
        'change its limit',
      );
    if (gate.limit.kind !== 'at-least') continue;
    const against = gates.findIndex(
      ({ metric: id, slice, limit }) =>
        id === gate.metric && slice === gate.slice && limit.kind === 'at-most' && limit.value < gate.limit.value,
    );
    if (against < 0) continue;
    const whose = gate.slice === undefined ? `"${gate.metric}"` : `"${gate.metric}" of ${gate.slice}`;
    throw new SteelyardError(
      'scenario/contradiction',
      `${where(Math.max(index, against))}: ${whose} must be at least ${gate.limit.value} and at most ${gates[against]!.limit.value}: no version can meet both`,
      'change one of the two limits, or leave one out',
    );
  }
};

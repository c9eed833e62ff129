import type { OptionSpec, OptionsSpec } from '../../contracts/index.ts';

const extremes = (spec: OptionSpec): readonly unknown[] => {
  switch (spec.kind) {
    case 'number':
    case 'integer':
      return [spec.min, spec.max];
    case 'choice':
      return spec.choices.filter((one) => one !== spec.default);
    case 'boolean':
      return [!spec.default];
    case 'text':
      return [spec.default];
    case 'names':
      return [['*'], ['no such name']];
  }
};

/** Each option at its ends, the others at their defaults; then all at their first and all at their last end. Without `thorough` every eighth of
 *  the former and all of the latter. */
export const optionSets = (
  spec: OptionsSpec,
  thorough = true,
): readonly { readonly label: string; readonly options: Readonly<Record<string, unknown>> }[] => {
  const entries = Object.entries(spec).map(([key, one]) => [key, extremes(one)] as const);
  const every = thorough || entries.length === 1 ? 1 : 8;
  const single = entries
    .flatMap(([key, values]) => values.map((value) => ({ [key]: value })))
    .filter((_, index) => index % every === every - 1);
  const ends = [0, -1].map((at) => Object.fromEntries(entries.map(([key, values]) => [key, values.at(at)])));
  const all = [...single, ...(entries.length > 1 ? ends : [])];
  return (all.length > 0 ? all : [{}]).map((options) => ({ label: JSON.stringify(options), options }));
};

import {
  parseOptions,
  type ChainStep,
  type Context,
  type Machine,
  type Model,
  type Scenario,
} from '../../contracts/index.ts';
import { graphsOf } from '../../model/graph/index.ts';
import { cannotPay } from '../../runtime/index.ts';
import { applied, type Applied } from './applied.ts';
import { fits } from './patterns.ts';
import type { Placed } from './stages.ts';
import type { Training } from './trainings.ts';
import type { Saving } from './wanted.ts';

/** An option that a search decides. */
export interface SearchedOption {
  readonly option: string;
  readonly values: readonly unknown[];
  /** Only where an earlier option has one of these values. */
  readonly when: { readonly option: string; readonly values: readonly unknown[] } | null;
  /** Index of a value → why it cannot be, or does not pay. */
  readonly gone: ReadonlyMap<number, string>;
}

/** What a technique could do for a model here. */
export interface Surveyed {
  readonly technique: Placed;
  /** Why it has no part in the search; null: it has. */
  readonly gone: string | null;
  readonly options: readonly SearchedOption[];
  /** Of a quick technique: what it made of the model, and whether it rewrote files beside it, such as the tokenizer. */
  readonly after: Applied | null;
}

export interface Ground {
  readonly model: Model;
  readonly machine: Machine;
  readonly scenario: Pick<Scenario, 'search'>;
  readonly wanted: ReadonlySet<Saving>;
  readonly training: Training;
  readonly context: Context;
}

/** The steps of these techniques that change something, one after the other, and what they make of the model. */
export const useful = async (
  techniques: readonly Placed[],
  model: Model,
  context: Context,
): Promise<{ readonly steps: readonly ChainStep[]; readonly model: Model }> => {
  const steps: ChainStep[] = [];
  let current = model;
  for (const technique of techniques) {
    if (technique.check(current, parseOptions(technique.id, technique.options)) !== null) continue;
    const after = await applied({ technique, options: {} }, current, context);
    if (typeof after === 'string') continue;
    steps.push({ technique: technique.id, options: {} });
    current = after.model;
  }
  return { steps, model: current };
};

/** Bytes of all weights. */
const bytesOf = (model: Model): number =>
  graphsOf(model).reduce(
    (sum, { initializers }) =>
      sum +
      [...initializers.values()].reduce(
        (own, { data }) => own + (data.kind === 'inline' ? data.bytes.length : data.kind === 'file' ? data.length : 0),
        0,
      ),
    0,
  );

/** Of the weights, what a technique must save to be worth a dimension. */
const leastShare = 0.02;

/** Why what a technique saves is too little; null: it is enough, or it saves something else. */
const tooLittle = ({ place }: Placed, before: Model, after: Model): string | null => {
  if (place.saves.length !== 1 || place.saves[0] !== 'bytes') return null;
  const saved = 1 - bytesOf(after) / bytesOf(before);
  return saved >= leastShare ? null : `it saves ${(100 * saved).toFixed(1)} % of the bytes only`;
};

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The options that a search decides, in an order in which each comes after the one that it depends on. */
const searchedOptions = (
  technique: Placed,
  { scenario, model, context, training }: Ground,
): readonly SearchedOption[] => {
  const given = scenario.search.values[technique.id] ?? {};
  const here = technique.searchFor?.(model) ?? {};
  const frozen = training.frozen(technique);
  const found: SearchedOption[] = [];
  for (const [option, spec] of Object.entries(technique.options)) {
    const declared = here[option] ?? spec.search ?? [];
    const values = given[option] ?? (frozen ? [] : declared);
    if (values.length === 0) continue;
    const [condition] = Object.entries(spec.searchWhen ?? {});
    const gone = new Map<number, string>();
    for (const [index, value] of values.entries()) {
      if (context.calibration === null && spec.needsCalibration?.some((one) => same(one, value)) === true)
        gone.set(
          index,
          `${technique.id} with ${option} ${String(value)} needs calibration data: name some in data.calibration`,
        );
    }
    found.push({
      option,
      values,
      when: condition === undefined ? null : { option: condition[0], values: condition[1] },
      gone,
    });
  }
  return sorted(found);
};

/** Each option behind the one that it depends on; a condition on an option that is not decided is dropped. */
const sorted = (options: readonly SearchedOption[]): readonly SearchedOption[] => {
  const known = new Set(options.map(({ option }) => option));
  const left = options.map((one) => (one.when !== null && !known.has(one.when.option) ? { ...one, when: null } : one));
  const placed: SearchedOption[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ when }) => when === null || placed.some(({ option }) => option === when.option));
    if (next < 0)
      throw new Error(`options depend on each other in a ring: ${left.map(({ option }) => option).join(', ')}`);
    placed.push(...left.splice(next, 1));
  }
  return placed;
};

/** Option values that do not pay, or that the technique refuses. */
const withGone = (technique: Placed, options: readonly SearchedOption[], ground: Ground): readonly SearchedOption[] =>
  options.map((one) => {
    const given = ground.scenario.search.values[technique.id]?.[one.option] !== undefined;
    const gone = new Map(one.gone);
    for (const [index, value] of one.values.entries()) {
      if (gone.has(index)) continue;
      const condition = one.when === null ? {} : { [one.when.option]: one.when.values[0] };
      const refusal = technique.check(
        ground.model,
        parseOptions(technique.id, technique.options, { ...condition, [one.option]: value }),
      );
      if (refusal !== null) gone.set(index, `${technique.id}: ${refusal.reason}`);
      else if (!given) {
        const rule = rulesFor(technique, ground).find(
          ({ options: [only, ...more] }) =>
            only !== undefined && more.length === 0 && only[0] === one.option && same(only[1], value),
        );
        if (rule !== undefined) gone.set(index, `${technique.id}: ${rule.reason}`);
      }
    }
    return { ...one, gone };
  });

/** What is known not to pay on this CPU about a technique: the option values that a rule speaks of, those that are default anyway left out. */
export const rulesFor = (
  technique: Placed,
  { machine, wanted, scenario }: Pick<Ground, 'machine' | 'wanted' | 'scenario'>,
): readonly { readonly reason: string; readonly options: readonly (readonly [string, unknown])[] }[] =>
  cannotPay(machine.instructionSets).flatMap(({ reason, techniques, saves }) => {
    const values = techniques[technique.id];
    if (values === undefined || (saves !== undefined && wanted.has(saves))) return [];
    if (scenario.search.techniques?.includes(technique.id) === true) return [];
    return [{ reason, options: Object.entries(values) }];
  });

/** Said of techniques that the user's patterns do not fit. */
export const leftOut = 'search.techniques leaves it out';

const goneOf = (technique: Placed, ground: Ground): string | null => {
  const { scenario, context, wanted, model, training } = ground;
  const { techniques } = scenario.search;
  const { id, needs, place } = technique;
  if (techniques !== null && !fits(id, techniques)) return leftOut;
  if (needs.training && context.learning === null)
    return 'it needs examples to learn from, of a task whose answers are classes: name some in data.train';
  if (needs.calibration === 'required' && context.calibration === null)
    return 'it needs calibration data: name some in data.calibration';
  const refusal = technique.check(model, parseOptions(id, technique.options));
  if (refusal !== null) return refusal.reason;
  if (techniques?.includes(id) === true) return null;
  const rule = rulesFor(technique, ground).find(({ options }) => options.length === 0);
  if (rule !== undefined) return rule.reason;
  if (place.with === undefined && place.saves.length === 0) return 'by itself it saves neither time nor bytes';
  if (place.with === undefined && !place.saves.some((one) => wanted.has(one)))
    return `it saves ${place.saves.join(' and ')} only, which the scenario neither limits nor prefers`;
  return training.unaffordable(technique);
};

/** What a technique could do for a model on this machine with this data, and why it has no part in a search. */
export const survey = async (technique: Placed, ground: Ground): Promise<Surveyed> => {
  const options = searchedOptions(technique, ground);
  const gone = goneOf(technique, ground);
  if (gone !== null) return { technique, gone, options, after: null };
  const after =
    technique.place.quick === true ? await applied({ technique, options: {} }, ground.model, ground.context) : null;
  const idle =
    typeof after === 'string' ? after : after === null ? null : tooLittle(technique, ground.model, after.model);
  if (typeof after === 'string' || idle !== null) return { technique, gone: idle, options, after: null };
  const judged = withGone(technique, options, ground);
  const none = judged.find(({ values, gone: some }) => some.size === values.length);
  return { technique, gone: none === undefined ? null : [...none.gone.values()][0]!, options: judged, after };
};

import type { Options, OptionsSpec, Random } from '../../../contracts/index.ts';

/** What some perturbations need to know beside the text. */
export interface Setting {
  /** The scenario's own words: what stands in the data → what people say instead. Empty: none given. */
  readonly slang: ReadonlyMap<string, string>;
  /** How long an input may be; null where the task does not say. */
  readonly length: {
    /** Tokens, special ones included. */
    readonly most: number;
    /** Tokens of the example with this text, special ones and a pair included; never above `most`. */
    count(text: string): number;
  } | null;
}

/** Nothing beside the text. */
export const plainSetting: Setting = { slang: new Map(), length: null };

/** A change of a text that people make, or machines make for them. The same text, options and random stream give the same result. */
export interface Perturbation<S extends OptionsSpec = OptionsSpec> {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly options: S;
  /** kept: the right answer stays; changed: the text says something else afterwards. */
  readonly meaning: 'kept' | 'changed';
  /** What of the setting it cannot do without. */
  readonly needs?: keyof Setting;
  /** text: the second text of a pair is left alone. Default: both. */
  readonly fields?: 'text' | 'both';
  /** The changed text; the same text where there is nothing to change. Never throws on any text. */
  apply(text: string, options: Options<S>, random: Random, setting: Setting): string;
}

/** Declare a perturbation; infers the option types. */
export const definePerturbation = <const S extends OptionsSpec>(perturbation: Perturbation<S>): Perturbation<S> =>
  perturbation;

/** The option that most perturbations have. Units: probability. */
export const strengthOf = <const D extends number>(chance: D, of: string) =>
  ({
    strength: {
      kind: 'number',
      default: chance,
      min: 0,
      max: 1,
      description: `Probability that ${of}.`,
    },
  }) as const;

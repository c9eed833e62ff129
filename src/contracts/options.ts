import { SteelyardError } from './errors.ts';

interface Common<T> {
  readonly default: T;
  /** One plain sentence. It becomes the flag's help, the form's label and the documentation. */
  readonly description: string;
  /** Values that a search tries. Absent: the search leaves the default alone. */
  readonly search?: readonly T[];
  /** The one other option, and its values, with which this one makes a difference: elsewhere a search leaves it alone. */
  readonly searchWhen?: Readonly<Record<string, readonly unknown[]>>;
  /** Values that need calibration data. */
  readonly needsCalibration?: readonly T[];
}
export interface NumberOption extends Common<number> {
  readonly kind: 'number' | 'integer';
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}
export interface ChoiceOption extends Common<string> {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}
export interface BooleanOption extends Common<boolean> {
  readonly kind: 'boolean';
}
/** A list of names or patterns (`*` matches any run of characters). */
export interface NamesOption extends Common<readonly string[]> {
  readonly kind: 'names';
}
/** Any text: a path, a name. Empty: none given. */
export interface TextOption extends Common<string> {
  readonly kind: 'text';
}
export type OptionSpec = NumberOption | ChoiceOption | BooleanOption | NamesOption | TextOption;

/** One declaration gives flags, form, search space, documentation and validation. Keys are camelCase. */
export type OptionsSpec = Readonly<Record<string, OptionSpec>>;

export type Options<S extends OptionsSpec> = {
  readonly [K in keyof S]: S[K] extends NumberOption
    ? number
    : S[K] extends ChoiceOption
      ? S[K]['choices'][number]
      : S[K] extends BooleanOption
        ? boolean
        : S[K] extends TextOption
          ? string
          : readonly string[];
};

const fail = (owner: string, key: string, expected: string, got: unknown): never => {
  throw new SteelyardError(
    'usage/option',
    `${owner}: option "${key}" is ${JSON.stringify(got)}, expected ${expected}`,
    `see: steelyard optimize --help, or leave "${key}" out to use its default`,
  );
};

const parseOne = (owner: string, key: string, spec: OptionSpec, raw: unknown): unknown => {
  switch (spec.kind) {
    case 'number':
    case 'integer': {
      const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
      const range = `${spec.kind === 'integer' ? 'a whole number' : 'a number'} from ${spec.min} to ${spec.max}`;
      if (typeof value !== 'number' || !Number.isFinite(value) || value < spec.min || value > spec.max)
        return fail(owner, key, range, raw);
      if (spec.kind === 'integer' && !Number.isInteger(value)) return fail(owner, key, range, raw);
      return value;
    }
    case 'choice': {
      const value = typeof raw === 'number' ? String(raw) : raw;
      if (typeof value !== 'string' || !spec.choices.includes(value))
        return fail(owner, key, `one of ${spec.choices.join(', ')}`, raw);
      return value;
    }
    case 'boolean':
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      return fail(owner, key, 'true or false', raw);
    case 'text':
      return typeof raw === 'string' ? raw : fail(owner, key, 'a text', raw);
    case 'names': {
      const value = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw;
      if (!Array.isArray(value) || value.some((part) => typeof part !== 'string' || part === ''))
        return fail(owner, key, 'a list of names', raw);
      return value;
    }
  }
};

/** Validate raw values (from flags, YAML or a search) against their declaration and fill in the defaults.
 *  Errors: `usage/option` with the owner, the key, what was expected and what was given. */
export const parseOptions = <S extends OptionsSpec>(
  owner: string,
  spec: S,
  raw: Readonly<Record<string, unknown>> = {},
): Options<S> => {
  for (const key of Object.keys(raw)) {
    if (!Object.hasOwn(spec, key)) {
      const known = Object.keys(spec);
      fail(owner, key, known.length > 0 ? `one of the options ${known.join(', ')}` : 'no options at all', raw[key]);
    }
  }
  return Object.fromEntries(
    Object.entries(spec).map(([key, one]) => [
      key,
      raw[key] === undefined ? one.default : parseOne(owner, key, one, raw[key]),
    ]),
  ) as Options<S>;
};

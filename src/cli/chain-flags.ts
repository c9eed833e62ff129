import { closest } from '../contracts/closest.ts';
import { SteelyardError, type ChainStep, type OptionsSpec } from '../contracts/index.ts';

const camel = (flag: string): string => flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** perChannel → --per-channel. */
export const flagOf = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Take `--technique <id>` and the options that follow it out of the arguments: each option belongs to the technique before it.
 *  Arguments that are no option of that technique are left for the command's own parser.
 *  Errors: `usage/option` when a value is missing. */
export const chainFromFlags = (
  argv: readonly string[],
  optionsOf: (technique: string) => OptionsSpec,
): { readonly steps: readonly ChainStep[]; readonly rest: readonly string[] } => {
  const steps: { technique: string; options: Record<string, unknown>; spec: OptionsSpec }[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!;
    const match = /^--([a-z0-9-]+)(?:=(.*))?$/s.exec(argument);
    const flag = argument === '-t' ? 'technique' : match?.[1];
    const value = (what: string): string => {
      const inline = match?.[2];
      if (inline !== undefined) return inline;
      const next = argv[++i];
      if (next === undefined) throw new SteelyardError('usage/option', `${argument} needs ${what}`);
      return next;
    };
    if (flag === 'technique') {
      const technique = value('the id of a technique');
      steps.push({ technique, options: {}, spec: optionsOf(technique) });
      continue;
    }
    const last = steps.at(-1);
    const key = flag === undefined ? '' : camel(flag);
    const spec = last !== undefined && Object.hasOwn(last.spec, key) ? last.spec[key] : undefined;
    if (last === undefined || spec === undefined) {
      rest.push(argument);
      continue;
    }
    if (spec.kind === 'boolean') {
      const next = argv[i + 1];
      const spoken = match?.[2] ?? (next === 'true' || next === 'false' ? argv[++i]! : 'true');
      last.options[key] = spoken;
    } else last.options[key] = value('a value');
  }
  return { steps: steps.map(({ technique, options }) => ({ technique, options })), rest };
};

/** Refuse flags that neither the command (`own`, as --long) nor a technique before them knows, with the one that was probably meant.
 *  Errors: `usage/option`. */
export const refuseUnknownFlags = (
  rest: readonly string[],
  own: readonly string[],
  techniques: readonly { readonly id: string; readonly options: OptionsSpec }[],
): void => {
  for (const argument of rest) {
    const flag = argument.split('=', 1)[0]!;
    if (!/^--[a-z]/.test(flag) || flag === '--help' || own.includes(flag)) continue;
    const owner = techniques.find(({ options }) => Object.keys(options).some((key) => flagOf(key) === flag));
    if (owner !== undefined)
      throw new SteelyardError(
        'usage/option',
        `${flag} stands before the technique it belongs to`,
        `write it after --technique ${owner.id}`,
      );
    const flags = techniques.flatMap(({ options }) => Object.keys(options).map(flagOf));
    const near = closest(flag, [...flags, ...own]);
    const ids = techniques.map(({ id }) => id);
    throw new SteelyardError(
      'usage/option',
      `unknown option "${flag}"${near === null ? '' : `; did you mean "${near}"?`}`,
      ids.length === 0
        ? 'steelyard optimize --help shows every option'
        : `steelyard optimize --help shows every option, steelyard techniques ${ids[0]} those of the technique`,
    );
  }
};

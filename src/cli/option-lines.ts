import type { OptionsSpec } from '../contracts/options.ts';

/** Options as lines of help, each with its values, what it does and its default; `name` writes a key as the user does. */
export const optionLines = (options: OptionsSpec, name: (key: string) => string): string[] =>
  Object.entries(options).map(([key, spec]) => {
    const values =
      spec.kind === 'choice'
        ? spec.choices.join(' | ')
        : spec.kind === 'number' || spec.kind === 'integer'
          ? `${spec.min} … ${spec.max}`
          : spec.kind;
    const shown = Array.isArray(spec.default) ? spec.default.join(',') : String(spec.default);
    return `    ${name(key)} <${values}>\n        ${spec.description} Default: ${shown === '' ? 'none' : shown}.`;
  });

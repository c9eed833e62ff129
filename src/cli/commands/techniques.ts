import { Command } from 'commander';
import { flagOf } from '../chain-flags.ts';

export const command = (): Command =>
  new Command('techniques')
    .description('List the techniques, what they do, and their options.')
    .argument('[id]', 'only this technique')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  steelyard techniques quantize/dynamic')
    .action(async (id: string | undefined, options: { json?: boolean }) => {
      const { describeTechniques } = await import('../../engine/techniques.ts');
      const all = describeTechniques(id);
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
        return;
      }
      const blocks = all.map((technique) => {
        const flags = Object.entries(technique.options).map(([key, spec]) => {
          const values =
            spec.kind === 'choice'
              ? spec.choices.join(' | ')
              : spec.kind === 'number' || spec.kind === 'integer'
                ? `${spec.min} … ${spec.max}`
                : spec.kind;
          const shown = Array.isArray(spec.default)
            ? spec.default.length === 0
              ? 'none'
              : spec.default.join(',')
            : String(spec.default);
          return `    ${flagOf(key)} <${values}>\n        ${spec.description} Default: ${shown}.`;
        });
        return [
          `${technique.id}  (${technique.title})`,
          `  ${technique.summary}`,
          `  Source: ${technique.source}`,
          ...(flags.length === 0 ? [] : ['  Options:', ...flags]),
        ].join('\n');
      });
      process.stdout.write(`${blocks.join('\n\n')}\n`);
    });

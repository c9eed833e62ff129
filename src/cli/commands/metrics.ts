import { Command } from 'commander';
import { print } from '../fold.ts';
import { optionLines } from '../option-lines.ts';

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const betterWords = { higher: 'higher is better', lower: 'lower is better', neither: 'no direction' } as const;
const versusWords = {
  difference: 'compared by difference',
  ratio: 'compared by ratio',
  none: 'not compared',
} as const;

export const command = (): Command =>
  new Command('metrics')
    .description('List what can be measured: every metric, how it is defined, and the options of its evaluator.')
    .argument('[id]', 'only this evaluator, family (load/) or metric')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  steelyard metrics accuracy')
    .action(async (id: string | undefined, { json }: { json?: boolean }) => {
      const { describeEvaluators } = await import('../../engine/measure/metrics.ts');
      const all = describeEvaluators(id);
      if (json === true) {
        process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
        return;
      }
      const blocks = all.map((one) => {
        const when =
          one.when === 'always' ? 'in every run' : 'where a scenario names one of its metrics, or it under "weigh"';
        const options = optionLines(one.options, (key) => kebab(key));
        return [
          `${one.id}  (${one.title})`,
          `  Measured ${when}. Needs: ${one.needs.length === 0 ? 'nothing but the model' : one.needs.join(', ')}.`,
          `  Source: ${one.source}`,
          '  Metrics:',
          ...one.metrics.map(
            (metric) =>
              `    ${metric.id}  (${metric.title}; ${metric.unit}, ${betterWords[metric.better]}, ${versusWords[metric.versus]})\n        ${metric.definition}`,
          ),
          ...(options.length === 0 ? [] : ['  Options:', ...options]),
        ].join('\n');
      });
      print(blocks.join('\n\n'));
    });

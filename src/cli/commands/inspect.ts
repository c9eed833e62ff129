import { Command } from 'commander';
import type { Inspection } from '../../engine/inspect.ts';
import { bytesText, countText, percentText } from '../numbers.ts';
import { columns } from '../columns.ts';

/** The end of a long name: exporters put what tells names apart last. --json has them whole. */
const tail = (name: string, length = 44): string => (name.length <= length ? name : `…${name.slice(1 - length)}`);

const show = (seen: Inspection): string => {
  const lines = [
    `${seen.path}  ${bytesText(seen.fileBytes)}, ${countText(seen.parameters)} parameters, ${countText(seen.nodes)} operators`,
    `IR ${seen.irVersion}, opset ${Object.entries(seen.opsets)
      .map(([domain, version]) => `${domain} ${version}`)
      .join(', ')}${seen.producer === '' ? '' : `, made by ${seen.producer}`}`,
    '',
    'Inputs',
    ...columns(seen.inputs.map(({ name, type }) => [name, type])),
    'Outputs',
    ...columns(seen.outputs.map(({ name, type }) => [name, type])),
    '',
    'Weights by type',
    ...columns(
      seen.byDtype.map(({ dtype, tensors, parameters, bytes }) => [
        dtype,
        `${countText(tensors)} tensors`,
        `${countText(parameters)} values`,
        bytesText(bytes),
      ]),
      'lrrr',
    ),
    '',
    'Weights by layer',
    ...columns(
      seen.byLayer.map(({ layer, parameters, bytes, share }) => [
        layer,
        `${countText(parameters)} values`,
        bytesText(bytes),
        percentText(share, false),
      ]),
      'lrrr',
    ),
    '',
    'Largest weights',
    ...columns(
      seen.largest.map(({ name, dtype, dims, bytes, share, usedBy }) => [
        tail(name),
        `${dtype}[${dims.join(', ')}]`,
        bytesText(bytes),
        percentText(share, false),
        usedBy === '' ? '' : `used by ${tail(usedBy)}`,
      ]),
      'llrrl',
    ),
    '',
    'Operators',
    ...columns(
      seen.operators.map(({ op, count }) => [op, countText(count)]),
      'lr',
    ),
    '',
    'What techniques can touch',
    ...columns(
      [
        [
          'quantizable',
          percentText(seen.shares.quantizable, false),
          'of the weight bytes: float32 matrices of MatMul and Gemm',
        ],
        ['embedding', percentText(seen.shares.embedding, false), 'of the weight bytes: float32 tables of Gather'],
        ['foldable', percentText(seen.shares.foldable, false), 'of the operators depend on constants only'],
        ['fusible', percentText(seen.shares.fusible, false), 'of the operators are of kinds that fusions combine'],
      ],
      'lrl',
    ),
    '',
    'Techniques',
    ...columns(
      seen.applicable.map(({ technique, refusal }) => [technique, refusal === null ? 'applies' : `no: ${refusal}`]),
    ),
  ];
  if (seen.problems.length > 0)
    lines.push('', 'Problems', ...columns(seen.problems.map(({ severity, where, what }) => [severity, where, what])));
  return lines.join('\n');
};

export const command = (): Command =>
  new Command('inspect')
    .description('Say what a model is: inputs, outputs, operators, parameters, and what techniques can touch.')
    .argument('<model>', 'model folder, .onnx file or hf:owner/name')
    .option('--text', 'print the graph in text form')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  steelyard inspect model/\n  steelyard inspect model/ --text | less')
    .action(async (model: string, options: { text?: boolean; json?: boolean }) => {
      const { inspectModel, modelText } = await import('../../engine/inspect.ts');
      const { locateModel } = await import('../../engine/baseline.ts');
      const path = await locateModel(model, process.cwd(), () => undefined);
      if (options.text === true) {
        process.stdout.write(`${await modelText(path)}\n`);
        return;
      }
      const seen = await inspectModel(path);
      process.stdout.write(options.json === true ? `${JSON.stringify(seen, null, 2)}\n` : `${show(seen)}\n`);
    });

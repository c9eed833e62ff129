import { Command } from 'commander';
import { print } from '../fold.ts';
import { SteelyardError } from '../../contracts/errors.ts';
import type { Inspection } from '../../engine/inspect.ts';
import { cancelOnSignals } from '../cancel.ts';
import { bytesText, countText, percentText } from '../numbers.ts';
import { columns } from '../columns.ts';
import { progressLine } from '../progress.ts';

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

interface Options {
  readonly text?: string | true;
  readonly json?: boolean;
  readonly receipt?: boolean;
  readonly inputs?: string;
}

const printReceipt = async (path: string, options: Options): Promise<void> => {
  const [{ inspectReceipt }, { receiptText }] = await Promise.all([
    import('../../engine/receipt/inspect.ts'),
    import('../receipt-text.ts'),
  ]);
  const cancel = cancelOnSignals();
  const line = progressLine();
  try {
    const receipt = await inspectReceipt({
      path,
      inputs: options.inputs,
      textColumn: typeof options.text === 'string' ? options.text : undefined,
      base: process.cwd(),
      signal: cancel.signal,
      progress: line.show,
      log: line.log,
    });
    line.end();
    if (options.json === true) process.stdout.write(`${JSON.stringify(receipt, null, 2)}\n`);
    else print(receiptText(receipt));
  } finally {
    line.end();
    cancel.dispose();
  }
};

export const command = (): Command =>
  new Command('inspect')
    .description('Say what a model is: inputs, outputs, operators, parameters, and what techniques can touch.')
    .argument('[model]', 'model folder, .onnx file or hf:owner/name')
    .option(
      '--receipt',
      'run it, and say which kernel ran each operation and what was meant to be quantized and is not',
    )
    .option('--inputs <file>', 'with --receipt: real inputs to run it on (JSONL, CSV, TSV, Parquet, npz)')
    .option('--text [column]', 'print the graph in text form; with --receipt: column of --inputs that holds the text')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  steelyard inspect model/\n  steelyard inspect model/ --text | less\n  steelyard inspect --receipt model/ --inputs data.jsonl --text question',
    )
    .action(async (given: string | undefined, stated: Options) => {
      // `--text model/` prints the graph of model/: the value was meant as the model.
      const swapped = given === undefined && stated.receipt !== true && typeof stated.text === 'string';
      const model = swapped ? (stated.text as string) : given;
      const options: Options = swapped ? { ...stated, text: true } : stated;
      if (model === undefined)
        throw new SteelyardError('usage/argument', 'inspect needs a model', 'steelyard inspect model/');
      if (options.receipt !== true && options.inputs !== undefined)
        throw new SteelyardError('usage/option', '--inputs is for --receipt', 'add --receipt, or leave --inputs out');
      const { inspectModel, modelText } = await import('../../engine/inspect.ts');
      const { locateModel } = await import('../../engine/run/baseline.ts');
      const path = await locateModel(model, process.cwd(), () => undefined);
      if (options.receipt === true) {
        await printReceipt(path, options);
        return;
      }
      if (options.text !== undefined) {
        process.stdout.write(`${await modelText(path)}\n`);
        return;
      }
      const seen = await inspectModel(path);
      process.stdout.write(options.json === true ? `${JSON.stringify(seen, null, 2)}\n` : `${show(seen)}\n`);
    });

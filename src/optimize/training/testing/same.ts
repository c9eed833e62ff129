import type { Model, Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { decompose } from '../decompose.ts';
import { evaluate } from './differences.ts';

/** Operators of a model, with the domain in front where it is not ONNX's. */
export const operatorsOf = (model: Model): string[] =>
  model.graph.nodes.map(({ op, domain }) => (domain === '' ? op : `${domain}.${op}`));

/** Largest difference between a model's outputs and those of its decomposition, on normal inputs. Throws when nothing was taken apart. */
export const decompositionError = async (
  text: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  given: Readonly<Record<string, Value>> = {},
): Promise<number> => {
  const model = parseText(text);
  const plain = decompose(model);
  if (plain === model) throw new Error('nothing was taken apart');
  const random = seeded(3, text);
  const feeds: Record<string, Value> = { ...given };
  for (const [name, dims] of Object.entries(shapes))
    feeds[name] ??= {
      dtype: 'float32',
      dims,
      data: new Float32Array(dims.reduce((a, b) => a * b, 1)).map(() => random.normal()),
    };
  const used = Object.fromEntries(model.graph.inputs.map(({ name }) => [name, feeds[name]!]));
  const [expected, got] = [await (await evaluate(model))(used), await (await evaluate(plain))(used)];
  let worst = 0;
  for (const { name } of model.graph.outputs) {
    const [a, b] = [expected[name]!, got[name]!];
    if (a.dims.join() !== b.dims.join())
      throw new Error(`${name} has shape [${b.dims.join()}], not [${a.dims.join()}]`);
    for (let i = 0; i < a.data.length; i++) {
      const error = Math.abs(Number(a.data[i]) - Number(b.data[i]));
      worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
    }
  }
  return worst;
};

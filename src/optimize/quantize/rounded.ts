import type { Model } from '../../contracts/index.ts';
import { edit, int, type NodeInit } from '../../model/graph/index.ts';
import { scalar } from '../linear.ts';

const float32Code = 1;
const float16Code = 10;

/** The model as a processor with float16 arithmetic rounds it. On CPUs ONNX Runtime computes float16 operators in float32 and drops the casts
 *  between them, which hides what they lose: so every float16 result is rounded by float32 arithmetic, to 11 significant bits, to
 *  multiples of 2⁻²⁴ below 2⁻¹⁴, and to infinity from 65520 on. Run it with graph optimization disabled, which would simplify the arithmetic
 *  away. That also drops Dropout, in training mode too; here it is dropped before.
 *  Shapes: unchanged. Errors: none. Operator set: 9 or later. Source: Veltkamp's splitting (Dekker 1971); IEEE 754 binary16. */
export const rounded = (model: Model): Model => {
  const draft = edit(model);
  for (const node of draft.nodes()) if (node.op === 'Dropout' && node.domain === '') draft.bypass(node, 'as at load');
  const targets = draft
    .nodes()
    .flatMap((node) => (node.op === 'Constant' ? [] : node.outputs))
    .filter((name) => name !== '' && !draft.isOutput(name) && draft.dtype(name) === 'float16');
  if (targets.length === 0) return model;
  const split = draft.addInitializer('round_split', scalar(2 ** 13 + 1));
  const shift = draft.addInitializer('round_shift', scalar(0.75));
  const least = draft.addInitializer('round_least', scalar(2 ** -14));
  const end = draft.addInitializer('round_end', scalar(65520));
  const most = draft.addInitializer('round_most', scalar(3e38));
  for (const name of targets) {
    const made = (what: string): string => draft.fresh(`${name}_${what}`);
    const after = made('rounded');
    draft.rename(name, after);
    const [wide, size, small, product, rest, normal, lifted, tiny, finite, beyond, fits, both] = [
      'wide',
      'size',
      'is_small',
      'product',
      'rest',
      'normal',
      'lifted',
      'tiny',
      'finite',
      'beyond',
      'fits',
      'both',
    ].map(made) as [
      ...[string, string, string, string, string, string],
      ...[string, string, string, string, string, string],
    ];
    const node = (op: string, inputs: string[], output: string, to?: number): NodeInit => ({
      op,
      inputs,
      outputs: [output],
      ...(to === undefined ? {} : { attributes: { to: int(to) } }),
    });
    draft.insert([
      node('Cast', [name], wide, float32Code),
      node('Abs', [wide], size),
      node('Less', [size, least], small),
      node('Mul', [wide, split], product),
      node('Sub', [product, wide], rest),
      node('Sub', [product, rest], normal),
      node('Add', [wide, shift], lifted),
      node('Sub', [lifted, shift], tiny),
      node('Where', [small, tiny, normal], finite),
      node('Mul', [wide, most], beyond),
      node('Less', [size, end], fits),
      node('Where', [fits, finite, beyond], both),
      node('Cast', [both], after, float16Code),
    ]);
  }
  return draft.done().model;
};

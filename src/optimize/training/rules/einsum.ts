import type { Dim } from '../../../contracts/index.ts';
import { broadcast, int, str, stringOf } from '../../../model/graph/index.ts';
import { sumTo } from '../broadcast.ts';
import type { Backward, Rule } from '../types.ts';

const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Labels of every operand and of the output, one letter an axis: the axes behind an ellipsis get letters of their own. */
const labelsOf = (at: Backward): { readonly operands: readonly string[]; readonly output: string } => {
  const equation = stringOf(at.node, 'equation', '').replaceAll(/\s/g, '');
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  const named = (term: string): string => term.replace('...', '');
  const wide = terms.map((term, i) => (term.includes('...') ? at.rank(at.input(i)) - named(term).length : 0));
  const free = letters.filter((letter) => !equation.includes(letter));
  const width = Math.max(0, ...wide);
  if (free.length < width) at.refuse('uses more labels than there are letters');
  const dots = free.slice(0, width).join('');
  const full = (term: string, size: number): string =>
    term.includes('...') ? term.replace('...', dots.slice(width - size)) : term;
  const once = [...new Set(named(terms.join('')))].filter((label) => terms.join('').split(label).length === 2);
  const implied = (left.includes('...') ? '...' : '') + once.toSorted().join('');
  return { operands: terms.map((term, i) => full(term, wide[i]!)), output: full(right ?? implied, width) };
};

/** What is known about each label's size once operands are broadcast. */
const sizesOf = (at: Backward, labels: readonly string[], values: readonly string[]): ReadonlyMap<string, Dim> => {
  const sizes = new Map<string, Dim>();
  labels.forEach((term, i) => {
    const dims = at.dims(values[i]!);
    [...term].forEach((label, axis) => {
      const dim = dims?.[axis] ?? null;
      const before = sizes.get(label);
      sizes.set(label, before === undefined ? dim : (broadcast([before], [dim])?.[0] ?? null));
    });
  });
  return sizes;
};

/** dX of one operand is the sum of the product of dY and the other operands over all labels that X does not have. Labels that X alone
 *  has were summed by themselves: their gradient is the same all along. Source: ONNX Einsum-12. */
const einsum: Rule = (at) => {
  const { to, node } = at;
  const { operands, output } = labelsOf(at);
  return node.inputs.map((input, i) => {
    if (!at.wants(i)) return null;
    const own = operands[i]!;
    if (new Set(own).size !== own.length || new Set(output).size !== output.length)
      return at.refuse('takes a diagonal');
    const others = operands.filter((_, j) => j !== i);
    const rest = node.inputs.filter((_, j) => j !== i);
    const seen = new Set([output, ...others].join(''));
    const left = [...own].filter((label) => seen.has(label));
    const equation = `${[output, ...others].join(',')}->${left.join('')}`;
    const whole =
      equation === `${own}->${own}` ? at.dy : to.emit('Einsum', [at.dy, ...rest], { equation: str(equation) });
    const sizes = sizesOf(at, [output, ...others], [at.output(), ...rest]);
    const dims = left.map((label) => sizes.get(label) ?? null);
    const alone = [...own].flatMap((label, axis) => (seen.has(label) ? [] : [axis]));
    if (alone.length === 0) return sumTo(at, whole, dims, input);
    // Only the shape of this sum is used.
    const without = to.emit('ReduceSum', [input, to.integers(alone)], { keepdims: int(0) });
    const spread = to.emit('Unsqueeze', [sumTo(at, whole, dims, without), to.integers(alone)]);
    return to.emit('Expand', [spread, to.emit('Shape', [input])]);
  });
};

/** The rule of the general tensor product. */
export const tensorProduct: Readonly<Record<string, Rule>> = { Einsum: einsum };

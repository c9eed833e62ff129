import type { Node } from '../../../contracts/index.ts';
import { int, intOf } from '../../../model/graph/index.ts';
import { pass } from './elementwise.ts';
import type { Rule, Spread } from './types.ts';

const sizesOf = (node: Node, to: Spread): { readonly weight: readonly number[]; readonly group: number } | null => {
  const weight = to.view.draft.constant(node.inputs[1] ?? '')?.dims;
  return weight && weight.length > 2 ? { weight, group: intOf(node, 'group', 1) } : null;
};

/** Conv and ConvTranspose: channels of the input meet one axis of the weight, those of the result the other. A convolution that
 *  treats every channel by itself (group = channels) hands its channels on. */
const convolution =
  (inAxis: number, outAxis: number): Rule =>
  (node, to, { side, index, axis, units }) => {
    const found = sizesOf(node, to);
    if (!found) return 'the weight of a convolution is computed';
    if (side === 'input' && index !== 0) return 'it makes the weight of a convolution';
    if (axis !== 1) return 'it is no axis of channels of a convolution';
    const { weight, group } = found;
    const hasBias = (node.inputs[2] ?? '') !== '';
    if (group === 1) {
      if (side === 'input') {
        to.input(node, 1, inAxis, units);
        to.consumer(node, inAxis, units);
        return undefined;
      }
      to.input(node, 1, outAxis, units);
      if (hasBias) to.input(node, 2, 0, units);
      to.producer(node, outAxis, units);
      return undefined;
    }
    const depthwise = inAxis === 1 && weight[1] === 1 && weight[0] === group;
    if (!depthwise) return `a convolution works in ${group} groups of channels`;
    pass({ side, index, axis, units }, node, to);
    to.input(node, 1, 0, units);
    if (hasBias) to.input(node, 2, 0, units);
    to.edit(node, 'group', (draft, kept) => {
      draft.attributes['group'] = int(Number(kept.size(node.outputs[0] ?? '', 1)));
    });
    return undefined;
  };

const pooled: Rule = (node, to, at) => {
  if (at.axis > 1) return `${node.op} runs over the axis`;
  pass(at, node, to);
  return undefined;
};

/** Padding and resizing that leave the axis as it is. */
const untouched =
  (index: (node: Node) => number, neutral: number): Rule =>
  (node, to, at) => {
    const rank = to.dims(node.inputs[0] ?? '')?.length;
    const [one, two] = [to.dims(node.inputs[0] ?? ''), to.dims(node.outputs[0] ?? '')];
    if (rank === undefined || !one || !two) return `the sizes of ${node.op} are not known`;
    if ((node.inputs[index(node)] ?? '') === '') return `${node.op} is told its sizes in a way that is not followed`;
    if (one[at.axis] !== two[at.axis]) return `${node.op} changes the axis`;
    const contents = to.view.sizes.contents(node.inputs[index(node)] ?? '');
    if (neutral === 0 && contents && (contents[at.axis] !== 0 || contents[at.axis + rank] !== 0))
      return `${node.op} changes the axis`;
    pass(at, node, to);
    return undefined;
  };

export const imageRules: Readonly<Record<string, Rule>> = {
  Conv: convolution(1, 0),
  ConvTranspose: convolution(0, 1),
  'com.microsoft.FusedConv': (node, to, at) =>
    (node.inputs[3] ?? '') === '' ? convolution(1, 0)(node, to, at) : 'a fused convolution adds a sum of its own',
  MaxPool: pooled,
  AveragePool: pooled,
  LpPool: pooled,
  GlobalAveragePool: pooled,
  GlobalMaxPool: pooled,
  GlobalLpPool: pooled,
  Pad: untouched(() => 1, 0),
  // Scales are the third operand; a Resize that is told sizes would keep the old number of channels.
  Resize: untouched(() => 2, 1),
  Upsample: untouched(() => 1, 1),
};

import type { Dim } from '../../contracts/index.ts';
import { int, reshapeTo } from '../writing/emit.ts';
import type { Backward } from './types.ts';

type Fate = 'keep' | 'sum' | 'unknown';

const fateOf = (from: Dim, to: Dim): Fate => {
  if (to === 1) return from === 1 ? 'keep' : 'sum';
  if (to !== null && from === to) return 'keep';
  // A known size other than 1 was not broadcast.
  if (typeof to === 'number') return 'keep';
  // What has size 1 afterwards had size 1 before.
  return from === 1 ? 'keep' : 'unknown';
};

/** Undo broadcasting: sum a gradient over the axes along which `target` was repeated.
 *  Shapes: grad [broadcast shape] → [shape of target]. Where both are known the axes are fixed in the graph; where not, the graph
 *  compares shapes at run time. `gradDims`: what is known about grad's shape. Source: ONNX, Broadcasting (Multidirectional). */
export const sumTo = (at: Backward, grad: string, gradDims: readonly Dim[] | null, target: string): string => {
  const { to } = at;
  const dims = at.dims(target);
  if (gradDims !== null && dims !== null) {
    const lead = gradDims.length - dims.length;
    const fates = gradDims.map((dim, i) => (i < lead ? 'sum' : fateOf(dim, dims[i - lead]!)));
    if (!fates.includes('unknown')) {
      const axes = fates.flatMap((fate, i) => (fate === 'sum' ? [i] : []));
      if (axes.length === 0) return grad;
      const onlyLead = axes.length === lead;
      // The first axis last, by itself: the sums before it are of whole texts, which the runtime shares among its threads.
      if (onlyLead && lead > 1) {
        const inner = to.emit('ReduceSum', [grad, to.integers(axes.slice(1))], { keepdims: int(0) });
        return to.emit('ReduceSum', [inner, to.integers([0])], { keepdims: int(0) });
      }
      const summed = to.emit('ReduceSum', [grad, to.integers(axes)], { keepdims: int(onlyLead ? 0 : 1) });
      if (onlyLead || lead === 0) return summed;
      return to.emit('Squeeze', [summed, to.integers(axes.slice(0, lead))]);
    }
  }
  const shape = to.emit('Shape', [target]);
  const gradShape = to.emit('Shape', [grad]);
  const missing = to.emit('Sub', [to.emit('Shape', [gradShape]), to.emit('Shape', [shape])]);
  const ones = to.emit('Expand', [to.integers([1]), missing]);
  const padded = to.emit('Concat', [ones, shape], { axis: int(0) });
  const differs = to.emit('Not', [to.emit('Equal', [padded, gradShape])]);
  const axes = to.emit('Reshape', [to.emit('NonZero', [differs]), to.integers([-1])]);
  const summed = to.emit('ReduceSum', [grad, axes], { keepdims: int(1), noop_with_empty_axes: int(1) });
  return reshapeTo(to, summed, shape);
};

/** `sumTo` for the gradient by the node's first output. */
export const sumOutputTo = (at: Backward, grad: string, position: number): string =>
  sumTo(at, grad, at.dims(at.output()), at.input(position));

import { tensor } from '../../model/tensor/index.ts';
import { int, type Emitter } from '../writing/emit.ts';

/** How sure an answer is, between 0 and 1, larger is surer: the largest probability; the lead of the first class over the second; one
 *  minus the entropy as a share of its maximum. */
export const measures = ['probability', 'margin', 'entropy'] as const;
export type Measure = (typeof measures)[number];

export interface Scores {
  /** float32 [rows, classes]. */
  readonly value: string;
  readonly classes: number;
  /** They are probabilities already; otherwise Softmax makes them. */
  readonly probabilities: boolean;
}

/** Writes nodes that say how sure each row's scores are. Shapes: [rows, classes] → float32 [rows]. */
export const sureness = (to: Emitter, { value, classes, probabilities }: Scores, measure: Measure): string => {
  const p = probabilities ? value : to.emit('Softmax', [value], { axis: int(-1) }, 'exit/probabilities');
  if (measure === 'entropy') {
    // 0 · ln 0 would be NaN.
    const log = to.emit('Log', [to.emit('Add', [p, to.scalar('float32', 1e-12)])]);
    const sum = to.emit('ReduceSum', [to.emit('Mul', [p, log]), to.integers([-1])], { keepdims: int(0) });
    const share = to.emit('Mul', [sum, to.scalar('float32', 1 / Math.log(classes))]);
    return to.emit('Add', [share, to.scalar('float32', 1)], {}, 'exit/sureness');
  }
  const [best] = to.emitAll('TopK', [p, to.integers([measure === 'margin' ? 2 : 1])], 2, { axis: int(-1) });
  const place = (at: number, hint?: string): string =>
    to.emit(
      'Gather',
      [best!, to.add('exit/place', tensor('int64', [], BigInt64Array.of(BigInt(at))))],
      { axis: int(1) },
      hint,
    );
  if (measure === 'probability') return place(0, 'exit/sureness');
  return to.emit('Sub', [place(0), place(1)], {}, 'exit/sureness');
};

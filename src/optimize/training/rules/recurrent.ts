import { intOf, stringOf } from '../../../model/graph/index.ts';
import { int, sumOver, zerosLike, type Emitter } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';
import { scan } from './scan.ts';

/** What a step keeps for the way back, and how the way back uses it. All values are [batch, …]. */
export interface Cell {
  /** h, then c for an LSTM. */
  readonly states: 1 | 2;
  /** From the input's part x·Wᵀ + Wb and the states before, to those after, and what to keep (the states before excepted). */
  forward(
    to: Emitter,
    input: string,
    states: readonly string[],
  ): { readonly states: readonly string[]; readonly kept: readonly string[] };
  /** From the gradients by the states after to those by the states before, by the input's part, and by the recurrent part. */
  backward(
    to: Emitter,
    after: readonly string[],
    before: readonly string[],
    kept: readonly string[],
  ): { readonly states: readonly string[]; readonly input: string; readonly recurrent: string };
  /** Gradients by R [gates·H, H] and Rb [gates·H], from all steps in rows [steps·batch, …]. */
  weights(
    to: Emitter,
    rows: (steps: string) => string,
    recurrent: string,
    before: string,
    kept: readonly string[],
  ): string;
}

/** Weights of one direction: W [gates·H, I], R [gates·H, H], and both biases [gates·H]; '' without. */
export interface Weights {
  readonly w: string;
  readonly r: string;
  readonly wb: string;
  readonly rb: string;
}

const pick = (to: Emitter, value: string, place: number, axis: number): string =>
  to.emit('Gather', [value, to.scalar('int64', place)], { axis: int(axis) });

const checkForm = (at: Backward, states: number, activations: readonly string[]): void => {
  const { node } = at;
  if (intOf(node, 'layout', 0) !== 0) at.refuse('has its batch first');
  if (node.attributes['clip'] !== undefined) at.refuse('clips its gates');
  if (intOf(node, 'input_forget', 0) !== 0) at.refuse('couples its input and forget gates');
  if (at.input(7) !== '' && states === 2) at.refuse('has peepholes');
  const listed = node.attributes['activations'];
  const stated =
    listed?.kind === 'strings' ? listed.value.map((name) => new TextDecoder().decode(name).toLowerCase()) : [];
  if (stated.some((name, i) => name !== activations[i % activations.length]!.toLowerCase()))
    at.refuse(`has activations of its own (${stated.join(', ')})`);
};

/** Back through time: a Scan computes the states of all steps again, another goes through them from the last to the first.
 *  Shapes: X [steps, batch, I], W [directions, gates·H, I], R [directions, gates·H, H], B [directions, 2·gates·H], Y [steps, directions,
 *  batch, H]. Steps beyond a row's length leave its states as they are. Source: Werbos 1990; ONNX LSTM-14, GRU-14, RNN-14. */
export const recurrent =
  (states: 1 | 2, activations: readonly string[], cellOf: (at: Backward, weights: Weights) => Cell): Rule =>
  (at) => {
    const { to, node } = at;
    checkForm(at, states, activations);
    const dtype = at.dtype(at.input(0));
    const way = stringOf(node, 'direction', 'forward');
    const directions = way === 'bidirectional' ? 2 : 1;
    const x = at.input(0);
    const lengths = at.input(4);
    const running = lengths === '' ? '' : runningOf(to, x, lengths);
    const hidden = to.emit('Slice', [to.emit('Shape', [at.input(2)]), to.integers([2]), to.integers([3])]);
    const batch = to.emit('Slice', [to.emit('Shape', [x]), to.integers([1]), to.integers([2])]);
    const size = to.emit('Concat', [batch, hidden], { axis: int(0) });
    const zeros = to.emit('Expand', [to.scalar(dtype, 0), size]);
    const initialAt = [5, 6].slice(0, states);

    const all = Array.from({ length: directions }, (_, d) => {
      const w = pick(to, at.input(1), d, 0);
      const r = pick(to, at.input(2), d, 0);
      const [wb, rb] =
        at.input(3) === ''
          ? ['', '']
          : to.emitAll('Split', [pick(to, at.input(3), d, 0), halves(to, w)], 2, { axis: int(0) });
      const cell = cellOf(at, { w, r, wb: wb!, rb: rb! });
      const backwards = way === 'reverse' || d === 1;
      const product = to.emit('MatMul', [x, to.emit('Transpose', [w])]);
      const part = wb === '' ? product : to.emit('Add', [product, wb!]);
      const masks = running === '' ? [] : [{ value: running, dtype: 'bool' as const }];
      const hold = (inner: Emitter, mask: string | undefined, now: string, before: string): string =>
        mask === undefined ? now : inner.emit('Where', [mask, now, before]);

      const ahead = scan(to, {
        states: initialAt.map((position) => (at.input(position) === '' ? zeros : pick(to, at.input(position), d, 0))),
        items: [{ value: part, dtype }, ...masks],
        backwards,
        dtype,
        step: (inner, before, [item, mask]) => {
          const after = cell.forward(inner, item!, before);
          return {
            states: after.states.map((state, i) => hold(inner, mask, state, before[i]!)),
            kept: [...before, ...after.kept],
          };
        },
      });
      const before = ahead.kept.slice(0, states);
      const kept = ahead.kept.slice(states);
      const dY = at.grad(0);
      const dLast = (position: number): string => {
        const grad = at.grad(position);
        return grad === null ? zeros : pick(to, grad, d, 0);
      };
      const back = scan(to, {
        states: [1, 2].slice(0, states).map(dLast),
        items: [
          { value: dY === null ? zerosLike(to, before[0]!, dtype) : pick(to, dY, d, 1), dtype },
          ...ahead.kept.map((value) => ({ value, dtype })),
          ...masks,
        ],
        backwards: !backwards,
        dtype,
        step: (inner, grads, items) => {
          const [dy, ...values] = items;
          const mask = running === '' ? undefined : values.pop();
          const own = [inner.emit('Add', [grads[0]!, dy!]), ...grads.slice(1)];
          const result = cell.backward(inner, own, values.slice(0, states), values.slice(states));
          const none = inner.scalar(dtype, 0);
          return {
            states: result.states.map((grad, i) => hold(inner, mask, grad, grads[i]!)),
            kept: [hold(inner, mask, result.input, none), hold(inner, mask, result.recurrent, none)],
          };
        },
      });
      const [dInput, dRecurrent] = back.kept as [string, string];
      const rows = (value: string): string => to.emit('Flatten', [value], { axis: int(2) });
      const transposed = (left: string, right: string): string =>
        to.emit('Gemm', [rows(left), rows(right)], { transA: int(1) });
      return {
        x: at.wants(0) ? to.emit('MatMul', [dInput, w]) : '',
        w: at.wants(1) ? transposed(dInput, x) : '',
        r: at.wants(2) ? cell.weights(to, rows, dRecurrent, before[0]!, kept) : '',
        b: at.wants(3)
          ? to.emit('Concat', [sumOver(to, dInput, [0, 1], false), sumOver(to, dRecurrent, [0, 1], false)], {
              axis: int(0),
            })
          : '',
        initial: back.states,
      };
    });

    const stacked = (parts: readonly string[]): string => {
      const each = parts.map((part) => to.emit('Unsqueeze', [part, to.integers([0])]));
      return each.length === 1 ? each[0]! : to.emit('Concat', each, { axis: int(0) });
    };
    const grads: (string | null)[] = [
      at.wants(0)
        ? all.length === 1
          ? all[0]!.x
          : to.emit(
              'Sum',
              all.map((one) => one.x),
            )
        : null,
      at.wants(1) ? stacked(all.map((one) => one.w)) : null,
      at.wants(2) ? stacked(all.map((one) => one.r)) : null,
      at.wants(3) ? stacked(all.map((one) => one.b)) : null,
      null,
      ...initialAt.map((position, i) => (at.wants(position) ? stacked(all.map((one) => one.initial[i]!)) : null)),
    ];
    return grads;
  };

/** Half of a vector's length, twice. */
const halves = (to: Emitter, w: string): string => {
  const gates = to.emit('Slice', [to.emit('Shape', [w]), to.integers([0]), to.integers([1])]);
  return to.emit('Concat', [gates, gates], { axis: int(0) });
};

/** Whether a step is within a row's length. Shapes: X [steps, batch, I], lengths [batch] → bool [steps, batch, 1]. */
const runningOf = (to: Emitter, x: string, lengths: string): string => {
  const count = to.emit('Gather', [to.emit('Shape', [x]), to.scalar('int64', 0)], { axis: int(0) });
  const steps = to.emit('Range', [to.scalar('int64', 0), count, to.scalar('int64', 1)]);
  const column = to.emit('Reshape', [steps, to.integers([-1, 1, 1])]);
  const row = to.emit('Reshape', [to.emit('Cast', [lengths], { to: int(7) }), to.integers([1, -1, 1])]);
  return to.emit('Less', [column, row]);
};

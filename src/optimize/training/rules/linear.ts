import type { Dim } from '../../../contracts/index.ts';
import { floatOf, intOf } from '../../../model/graph/index.ts';
import { sumOutputTo, sumTo } from '../broadcast.ts';
import { float, int, ints } from '../../writing/emit.ts';
import type { Backward, Rule } from '../types.ts';

const swapLast = (rank: number): number[] => [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];

/** The value as rows: [-1, its last size]. */
const rows = (at: Backward, value: string, last: Dim | undefined, lastFrom: string, axis: number): string => {
  const { to } = at;
  const shape =
    typeof last === 'number'
      ? to.integers([-1, last])
      : to.emit('Concat', [to.integers([-1]), to.emit('Gather', [to.emit('Shape', [lastFrom]), to.integers([axis])])], {
          axis: int(0),
        });
  return to.emit('Reshape', [value, shape]);
};

/** Y = A·B: dA = dY·Bᵀ, dB = Aᵀ·dY, summed over broadcast batch axes. A matrix of weights (B of rank 2) takes one Gemm over
 *  all rows instead of a sum of batches. Source: ONNX MatMul; numpy.matmul for ranks 1 and above 2. */
const matmul: Rule = (at) => {
  const { to } = at;
  const [rankA, rankB] = [at.rank(at.input(0)), at.rank(at.input(1))];
  const column = to.integers([-1]);
  const row = to.integers([-2]);
  const a = rankA === 1 ? to.emit('Unsqueeze', [at.input(0), row]) : at.input(0);
  const b = rankB === 1 ? to.emit('Unsqueeze', [at.input(1), column]) : at.input(1);
  let dy = at.dy;
  if (rankB === 1) dy = to.emit('Unsqueeze', [dy, column]);
  if (rankA === 1) dy = to.emit('Unsqueeze', [dy, row]);
  const dimsA = at.dims(at.input(0))!;
  const dimsB = at.dims(at.input(1))!;
  const batchOf = (): readonly Dim[] | null => {
    const all = at.dims(at.output());
    return all === null ? null : all.slice(0, all.length - (rankA === 1 ? 0 : 1) - (rankB === 1 ? 0 : 1));
  };
  const back = (raw: string, position: 0 | 1): string => {
    const rank = position === 0 ? rankA : rankB;
    const dims = position === 0 ? dimsA : dimsB;
    const batch = batchOf();
    if (rank > 1) return sumTo(at, raw, batch && [...batch, ...dims.slice(-2)], at.input(position));
    // A vector was repeated over all batches: its gradient is summed over them.
    const flat = to.emit('Squeeze', [raw, position === 0 ? row : column]);
    return sumTo(at, flat, batch && [...batch, dims[0]!], at.input(position));
  };
  const transposed = (value: string, rank: number): string =>
    to.emit('Transpose', [value], { perm: ints(swapLast(Math.max(rank, 2))) });
  const byA = (): string => back(to.emit('MatMul', [dy, transposed(b, rankB)]), 0);
  const byB = (): string => {
    if (rankA <= 2 || rankB !== 2) return back(to.emit('MatMul', [transposed(a, rankA), dy]), 1);
    const flatA = rows(at, a, dimsB[0], at.input(1), 0);
    const flatY = rows(at, dy, dimsB[1], at.input(1), 1);
    return to.emit('Gemm', [flatA, flatY], { transA: int(1) });
  };
  return [at.wants(0) ? byA() : null, at.wants(1) ? byB() : null];
};

/** Y = α·A′·B′ + β·C with A′ = A or Aᵀ: dA′ = α·dY·B′ᵀ, dB′ = α·A′ᵀ·dY, dC = β·dY. Source: ONNX Gemm. */
const gemm: Rule = (at) => {
  const { to, node } = at;
  const alpha = floatOf(node, 'alpha', 1);
  const beta = floatOf(node, 'beta', 1);
  const [ta, tb] = [intOf(node, 'transA', 0) !== 0, intOf(node, 'transB', 0) !== 0];
  const [a, b, dy] = [at.input(0), at.input(1), at.dy];
  const product = (left: string, transA: boolean, right: string, transB: boolean): string =>
    to.emit('Gemm', [left, right], { alpha: float(alpha), transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) });
  const byA = (): string => (ta ? product(b, tb, dy, true) : product(dy, false, b, !tb));
  const byB = (): string => (tb ? product(dy, true, a, ta) : product(a, !ta, dy, false));
  const byC = (): string => sumOutputTo(at, beta === 1 ? dy : to.emit('Mul', [dy, at.scalar(beta)]), 2);
  return [at.wants(0) ? byA() : null, at.wants(1) ? byB() : null, at.wants(2) ? byC() : null];
};

/** Rules of matrix products. */
export const linear: Readonly<Record<string, Rule>> = { MatMul: matmul, Gemm: gemm };

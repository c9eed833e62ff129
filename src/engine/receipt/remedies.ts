import type { Remedy, SaturationRow } from '../../contracts/index.ts';

/** Squared errors of one operation against exact 8-bit arithmetic, relative to its size. */
export interface OperationErrors {
  readonly row: SaturationRow;
  readonly perTensor: number;
  readonly sevenBit: number;
  /** Its weight has several scales. */
  readonly perChannel: boolean;
}

/** Below this, saturation drowns in the rounding of 8-bit inputs, which alone costs about a percent. */
export const negligibleChange = 0.002;

const rootMeanSquare = (values: readonly number[]): number =>
  values.length === 0 ? 0 : Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

export const changeOf = (operations: readonly OperationErrors[]): number =>
  rootMeanSquare(operations.map(({ row }) => row.change));

/** The fewest of the worst operations whose absence takes away nine tenths of the squared change. */
const worstOf = (operations: readonly OperationErrors[]): readonly OperationErrors[] => {
  const sorted = operations.toSorted((a, b) => b.row.change - a.row.change);
  const all = sorted.reduce((sum, { row }) => sum + row.change ** 2, 0);
  let gone = 0;
  const worst: OperationErrors[] = [];
  for (const one of sorted) {
    if (gone >= 0.9 * all) break;
    worst.push(one);
    gone += one.row.change ** 2;
  }
  return worst;
};

const computed = 'computed on the sampled rows';
const exact = 'exact by construction';

/** Ways out of saturation for these operations, the cheapest first, and the first that halves the error or better.
 *  Errors are root mean squares over all operations. */
export const remediesFor = (
  operations: readonly OperationErrors[],
): { readonly remedies: readonly Remedy[]; readonly proposed: Remedy['id'] | null } => {
  const now = changeOf(operations);
  const worst = worstOf(operations);
  const left = operations.filter((one) => !worst.includes(one));
  const remedies: Remedy[] = [];
  if (operations.some(({ perChannel }) => perChannel))
    remedies.push({
      id: 'per-tensor',
      what: 'one scale per weight instead of one per channel',
      cost: 'no time; small channels lose resolution',
      error: rootMeanSquare(operations.map(({ perTensor }) => perTensor)),
      basis: computed,
    });
  remedies.push(
    {
      id: '7-bit',
      what: '7-bit weights',
      cost: 'no time; half the resolution of the weights',
      error: rootMeanSquare(operations.map(({ sevenBit }) => sevenBit)),
      basis: computed,
    },
    {
      id: 'uint8',
      what: 'uint8 weights',
      cost: 'another kernel, slower than this one',
      error: 0,
      basis: exact,
    },
    {
      id: 'x64quantprecision',
      what: 'session.x64quantprecision = "1"',
      cost: 'nothing to build; the same slower kernel as with uint8 weights',
      error: 0,
      basis: exact,
    },
    {
      id: 'exclude',
      what: worst.length === 1 ? 'float32 for the worst operation' : `float32 for the ${worst.length} worst operations`,
      cost: 'these operations run at the speed of float32 and keep its size',
      error: Math.sqrt(left.reduce((sum, { row }) => sum + row.change ** 2, 0) / Math.max(1, operations.length)),
      basis: computed,
    },
  );
  const proposed = now < negligibleChange ? null : (remedies.find(({ error }) => error <= now / 2)?.id ?? null);
  return { remedies, proposed };
};

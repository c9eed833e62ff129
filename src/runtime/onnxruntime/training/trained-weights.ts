import { trainedName, trainedRoles } from '../../../contracts/index.ts';
import type { Descent, Move, Trained, TrainedRole, Training } from '../../../contracts/index.ts';
import { instantiate, reserve, type Memory } from '../../../simd/instantiate.ts';
import { descentKernel, kernelBytes, numberNames, squaresAt, type NumberName } from './descent-kernel.ts';

interface Kernel {
  readonly memory: Memory;
  readonly squares: (from: number, end: number) => void;
  readonly gather: (sum: number, gradient: number, end: number) => void;
  readonly move: (weight: number, gradient: number, first: number, second: number, end: number) => void;
  readonly follow: (mean: number, weight: number, end: number) => void;
}

/** Arrays of a weight: what stays between steps, and the gradient, summed up over the runs of a step. */
type Part = TrainedRole | 'gradient';

interface Place {
  readonly of: Trained;
  readonly kernel: Kernel;
  readonly at: Readonly<Record<Part, number>>;
  readonly bytes: number;
  readonly arrays: Readonly<Record<Part, Float32Array>>;
}

/** A memory of WebAssembly holds 4 GiB at most; more weights than this get another one. */
const bankBytes = 1 << 30;

/** Values that are brought to the kernel at a time where gradients are added up, and that one sum of squares is over: float32 sums of more lose digits. */
const chunkValues = 1 << 14;

const elements = ({ dims }: Trained): number => dims.reduce((product, dim) => product * dim, 1);
/** The kernel takes four values at a time. */
const bytesFor = (one: Trained): number => 16 * Math.ceil(elements(one) / 4);

const banksOf = (weights: readonly Trained[], arrays: number, most: number): Trained[][] => {
  const banks: Trained[][] = [];
  let room = 0;
  for (const one of weights) {
    const bytes = arrays * bytesFor(one);
    if (bytes > room) {
      banks.push([]);
      room = most;
    }
    banks.at(-1)!.push(one);
    room -= bytes;
  }
  return banks;
};

const bankOf = (weights: readonly Trained[], parts: readonly Part[]): Place[] => {
  const kernel = instantiate<Kernel>(descentKernel());
  let next = kernelBytes + 4 * chunkValues;
  const laid = weights.map((of) => {
    const bytes = bytesFor(of);
    const at = Object.fromEntries(parts.map((part, i) => [part, next + i * bytes])) as Record<Part, number>;
    next += parts.length * bytes;
    return { of, at, bytes };
  });
  reserve(kernel.memory, next);
  return laid.map(({ of, at, bytes }) => ({
    of,
    kernel,
    at,
    bytes,
    arrays: Object.fromEntries(
      parts.map((part) => [part, new Float32Array(kernel.memory.buffer, at[part], elements(of))]),
    ) as Record<Part, Float32Array>,
  }));
};

/** Tell the kernel some of its numbers. */
const tell = ({ kernel }: Place, numbers: Readonly<Partial<Record<NumberName, number>>>): void => {
  const all = new Float32Array(kernel.memory.buffer, 0, numberNames.length);
  for (const [name, value] of Object.entries(numbers)) all[numberNames.indexOf(name as NumberName)] = value;
};

/** What a move is for one weight, its gradient scaled by `clipping`. */
const numbersOf = ({ of }: Place, move: Move, clipping: number): Partial<Record<NumberName, number>> => ({
  take: move.take * clipping,
  keepFirst: move.keepFirst,
  keepSecond: move.keepSecond,
  epsilon: move.epsilon,
  keepWeight: 1 - (of.decays ? move.decay * of.rateFactor : 0),
  size: move.size * of.rateFactor,
  keepMean: move.keepMean,
  takeMean: 1 - move.keepMean,
});

/** Weights that learn, in the memory of a kernel that moves them: a run reads them where they lie. */
export class TrainedWeights {
  readonly #places: readonly Place[];
  readonly #named: ReadonlyMap<string, { readonly of: Trained; readonly values: Float32Array }>;
  readonly #averages: boolean;
  /** Gradients of earlier runs wait for the step to end. */
  #begun = false;

  /** `most`: bytes of weights that share a memory. Errors: a RangeError when there is no memory, or when the arrays of one weight exceed 4 GiB. */
  constructor({ weights, averages }: Training, most = bankBytes) {
    const roles = trainedRoles.filter((role) => averages || role !== 'mean');
    const parts: readonly Part[] = [...roles, 'gradient'];
    this.#averages = averages;
    this.#places = banksOf(weights, parts.length, most).flatMap((bank) => bankOf(bank, parts));
    this.#named = new Map(
      this.#places.flatMap(({ of, arrays }) =>
        roles.map((role) => [trainedName(of.weight, role), { of, values: arrays[role] }] as const),
      ),
    );
  }

  /** Each weight and where it lies. */
  get weights(): readonly { readonly of: Trained; readonly values: Float32Array }[] {
    return this.#places.map(({ of, arrays }) => ({ of, values: arrays.weight }));
  }

  /** Errors: where there is no such value, or it has another size. */
  write(name: string, values: Float32Array): void {
    this.#found(name).values.set(values);
    if (this.#averages) this.#named.get(trainedName(name, 'mean'))?.values.set(values);
    this.#begun = false;
  }

  /** A copy. */
  read(name: string): { readonly dims: readonly number[]; readonly data: Float32Array } {
    const { of, values } = this.#found(name);
    return { dims: of.dims, data: values.slice() };
  }

  #found(name: string): { readonly of: Trained; readonly values: Float32Array } {
    const found = this.#named.get(name);
    if (found === undefined) throw new Error(`nothing is kept by the name "${name}"`);
    return found;
  }

  #gather(place: Place, gradient: Float32Array): void {
    const { kernel, at, arrays } = place;
    if (!this.#begun) arrays.gradient.fill(0);
    const chunk = new Float32Array(kernel.memory.buffer, kernelBytes, chunkValues);
    for (let from = 0; from < gradient.length; from += chunkValues) {
      const some = gradient.subarray(from, from + chunkValues);
      chunk.set(some);
      chunk.fill(0, some.length);
      const sum = at.gradient + 4 * from;
      kernel.gather(sum, kernelBytes, sum + 16 * Math.ceil(some.length / 4));
    }
  }

  #squares({ kernel, at, bytes }: Place): number {
    const sums = new Float32Array(kernel.memory.buffer, squaresAt, 4);
    const end = at.gradient + bytes;
    let total = 0;
    for (let from = at.gradient; from < end; from += 4 * chunkValues) {
      kernel.squares(from, Math.min(end, from + 4 * chunkValues));
      total += sums[0]! + sums[1]! + sums[2]! + sums[3]!;
    }
    return total;
  }

  /** Take the gradients of a run, and move the weights where `step` says so. Answers the norm of all gradients of the step so far; where it is not
   *  finite, nothing moves. Errors: where a gradient has another size than its weight. */
  descend(gradientOf: (name: string) => Float32Array, step: Descent): number {
    const { share, move } = step;
    let squares = 0;
    for (const place of this.#places) {
      const gradient = gradientOf(place.of.gradient);
      if (gradient.length !== place.arrays.gradient.length)
        throw new Error(
          `the gradient "${place.of.gradient}" has ${gradient.length} values, the weight ${place.arrays.gradient.length}`,
        );
      if (this.#begun || share !== 1) {
        tell(place, { share });
        this.#gather(place, gradient);
      } else place.arrays.gradient.set(gradient);
      squares += this.#squares(place);
    }
    const norm = Math.sqrt(squares);
    this.#begun = move === null;
    if (move === null || !Number.isFinite(norm)) return norm;
    const clipping = Math.min(1, move.clip / (norm + 1e-6));
    for (const place of this.#places) {
      const { kernel, at, bytes } = place;
      // The kernel takes at least four values.
      if (bytes === 0) continue;
      tell(place, numbersOf(place, move, clipping));
      kernel.move(at.weight, at.gradient, at.first, at.second, at.weight + bytes);
      if (this.#averages) kernel.follow(at.mean, at.weight, at.mean + bytes);
    }
    return norm;
  }
}

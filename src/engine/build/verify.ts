import type { Context, Feeds, Model, Session, SessionOptions, Value, Verification } from '../../contracts/index.ts';
import { SteelyardError } from '../../contracts/index.ts';

const floats = (value: Value): ArrayLike<number> | null => {
  if (value.dtype === 'float32' || value.dtype === 'float64') return value.data as Float32Array | Float64Array;
  return null;
};

/** ‖y − y′‖₂ / ‖y‖₂ over all floating outputs and the largest absolute difference; accumulated over batches. */
const accumulate = () => {
  let error = 0;
  let size = 0;
  let worst = 0;
  return {
    add(expected: Value, actual: Value, name: string): void {
      const a = floats(expected);
      const b = floats(actual);
      if (a === null || b === null) return;
      if (a.length !== b.length)
        throw new SteelyardError(
          'optimize/verification',
          `output "${name}" has ${b.length} values where the original has ${a.length}`,
          'the technique changed the model’s shapes: please report it with the text form of the model',
        );
      for (let i = 0; i < a.length; i++) {
        const x = a[i]!;
        const difference = b[i]! - x;
        // The same infinity on both sides (masked scores) is agreement.
        if (Object.is(x, b[i]!) || (Number.isNaN(x) && Number.isNaN(b[i]!))) continue;
        if (!Number.isFinite(b[i]!) && Number.isFinite(x)) {
          worst = Number.POSITIVE_INFINITY;
          error = Number.POSITIVE_INFINITY;
          continue;
        }
        error += difference * difference;
        size += x * x;
        worst = Math.max(worst, Math.abs(difference));
      }
    },
    result: () => ({
      relativeError: error === 0 ? 0 : Math.sqrt(error / Math.max(size, Number.MIN_VALUE)),
      maxAbsoluteError: worst,
    }),
  };
};

/** The same examples as the original reads them, and as the version does. */
export type Compared = readonly [original: Feeds, version: Feeds];

/** Run the original and a variant on the same examples and compare their outputs.
 *  Units: relative error in the L2 norm over all outputs and inputs. Errors: `optimize/verification` on a shape change, `runtime/…`. */
export const verify = async (
  original: Session,
  variant: Model | string,
  inputs: readonly Compared[],
  tolerance: number | null,
  session: SessionOptions,
  context: Context,
): Promise<Verification> => {
  const candidate = await context.open(variant, session, { shared: true });
  try {
    const sums = accumulate();
    for (const [originals, own] of inputs) {
      context.signal.throwIfAborted();
      const expected = await original.run(originals);
      const actual = await candidate.run(own);
      for (const [name, value] of Object.entries(expected.outputs)) {
        const other = actual.outputs[name];
        if (other === undefined)
          throw new SteelyardError('optimize/verification', `the variant has no output "${name}", the original has`);
        sums.add(value, other, name);
      }
    }
    return { ...sums.result(), tolerance, inputs: inputs.length };
  } finally {
    await candidate.close();
  }
};

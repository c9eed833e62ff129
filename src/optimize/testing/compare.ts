import type { RunResult, Value } from '../../contracts/index.ts';
import { halfToFloats } from '../../model/tensor/index.ts';

const numbersOf = (value: Value): ArrayLike<number> | null => {
  if (value.dtype === 'float16') return halfToFloats(value.data as Uint16Array);
  if (value.dtype === 'float32' || value.dtype === 'float64') return value.data as Float32Array;
  return null;
};

const whole = (value: Value): string => `${value.dtype}[${value.dims.join()}] ${Array.from(value.data, String).join()}`;

/** How far two lists of runs are apart. Outputs must agree in names, types and shapes, and exactly where they are no floats.
 *  Units: ‖y − y′‖₂ / ‖y‖₂ over all floating outputs; Infinity where only one side is finite. Errors: a plain error that
 *  names the output. */
export const compareOutputs = (
  expected: readonly RunResult[],
  actual: readonly RunResult[],
): { readonly relativeError: number } => {
  let error = 0;
  let size = 0;
  if (expected.length !== actual.length) throw new Error(`${actual.length} runs instead of ${expected.length}`);
  for (const [round, { outputs }] of expected.entries()) {
    const others = actual[round]?.outputs ?? {};
    const names = Object.keys(outputs).toSorted().join();
    if (names !== Object.keys(others).toSorted().join())
      throw new Error(`outputs ${Object.keys(others).join()}, not ${names}`);
    for (const [name, value] of Object.entries(outputs)) {
      const other = others[name];
      if (!other || other.dtype !== value.dtype || other.dims.join() !== value.dims.join())
        throw new Error(`${name} is ${other?.dtype}[${other?.dims.join()}], not ${value.dtype}[${value.dims.join()}]`);
      const [a, b] = [numbersOf(value), numbersOf(other)];
      if (!a || !b) {
        if (whole(value) !== whole(other)) throw new Error(`${name} holds other values`);
        continue;
      }
      for (let i = 0; i < a.length; i++) {
        const [x, y] = [a[i]!, b[i]!];
        if (Object.is(x, y)) continue;
        if (!Number.isFinite(x) || !Number.isFinite(y)) return { relativeError: Number.POSITIVE_INFINITY };
        error += (x - y) ** 2;
        size += x * x;
      }
      for (let i = 0; i < a.length; i++) if (Object.is(a[i], b[i]) && Number.isFinite(a[i]!)) size += a[i]! ** 2;
    }
  }
  return { relativeError: error === 0 ? 0 : Math.sqrt(error / Math.max(size, Number.MIN_VALUE)) };
};

import * as w from '../../../simd/code.ts';
import type { Code } from '../../../simd/code.ts';
import type { BlockScheme } from './types.ts';

/** What a kernel is made for: everything that does not change from block to block. */
export interface FourSettings {
  readonly scheme: BlockScheme;
  readonly method: 'k-quant' | 'hqq';
  /** What a value's squared error weighs: nothing but 1, √(mean v²) + |v|, or what is written at `given`. */
  readonly importance: 'one' | 'size' | 'given';
  /** Scales are rounded to the 11 significant bits of a float16. */
  readonly halfScales: boolean;
  /** Two 4-bit codes to a byte. */
  readonly pairs: boolean;
}

const longest = 256;
/** Where things lie in memory; one more value than the longest block, for pairs. */
export const values = 0;
export const weights = 16 * (longest + 2);
export const scalesAt = 2 * weights;
export const zerosAt = scalesAt + 16;
/** The importance of each value of a block, float32. */
export const givenAt = scalesAt + 64;
/** From here on memory is the caller's. */
export const dataAt = 16384;

/** Variables of the module, four numbers each. */
export const low = 0;
export const high = 1;
export const least = 2;
export const most = 3;
export const up = 4;
export const gain = 5;
export const scale = 6;
export const zero = 7;
export const offset = 8;
export const around = 9;
export const globals = 10;

export const g = w.getGlobal;
export const to = w.setGlobal;

export const clamped = (code: Code, from: Code, till: Code): Code => w.min(w.max(code, from), till);

/** The functions of the module, by their order. */
export const beginAt = 0;
export const attemptAt = 1;
export const fitAt = 2;
export const emitAt = 3;

/** From the smallest values to the largest. */
export const fifthNames = ['lowest fifth', 'second fifth', 'middle fifth', 'fourth fifth', 'top fifth'] as const;

/** The fifth of each value, 0 to 4, by the share of values below it: equal values share a fifth, so the lowest may be large, and the top one
 *  never holds more than a fifth. −1 for NaN. */
export const fifthsOf = (values: ArrayLike<number>): Int8Array => {
  const ordered = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
  const below = new Map<number, number>();
  for (const [at, value] of ordered.entries()) if (!below.has(value)) below.set(value, at);
  return Int8Array.from(values as ArrayLike<number> & Iterable<number>, (value) =>
    Number.isNaN(value) ? -1 : Math.min(4, Math.floor((5 * below.get(value)!) / ordered.length)),
  );
};

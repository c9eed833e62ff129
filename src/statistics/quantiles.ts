/** Sorted copy, ascending. */
export const sorted = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort();

/** Linear-interpolation quantile (type 7 of Hyndman & Fan 1996, numpy's default). `ordered` ascending, 0 ≤ p ≤ 1. NaN when empty. */
export const quantile = (ordered: ArrayLike<number>, p: number): number => {
  const n = ordered.length;
  if (n === 0) return Number.NaN;
  const at = (n - 1) * Math.min(1, Math.max(0, p));
  const low = Math.floor(at);
  const high = Math.min(n - 1, low + 1);
  return ordered[low]! + (ordered[high]! - ordered[low]!) * (at - low);
};

/** Median of unordered values. */
export const median = (values: ArrayLike<number>): number => quantile(sorted(values), 0.5);

export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** Interquartile range. */
export const iqr = (values: ArrayLike<number>): number => {
  const ordered = sorted(values);
  return quantile(ordered, 0.75) - quantile(ordered, 0.25);
};

/** Outliers by Tukey's fences: mild beyond 1.5 IQR, severe beyond 3 IQR. Reported, never dropped. Source: Tukey 1977. */
export const tukeyOutliers = (values: ArrayLike<number>): { readonly mild: number; readonly severe: number } => {
  const ordered = sorted(values);
  const [q1, q3] = [quantile(ordered, 0.25), quantile(ordered, 0.75)];
  const range = q3 - q1;
  let mild = 0;
  let severe = 0;
  for (const value of ordered) {
    const beyond = Math.max(q1 - value, value - q3);
    if (beyond > 3 * range) severe++;
    else if (beyond > 1.5 * range) mild++;
  }
  return { mild, severe };
};

/** Autocorrelation at a lag; 0 for constant or too short series. */
export const autocorrelation = (values: ArrayLike<number>, lag = 1): number => {
  const n = values.length;
  if (n <= lag + 1) return 0;
  const center = mean(values);
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < n; i++) {
    bottom += (values[i]! - center) ** 2;
    if (i >= lag) top += (values[i]! - center) * (values[i - lag]! - center);
  }
  return bottom === 0 ? 0 : top / bottom;
};

/** The knee of a front: the point that bulges furthest out of the plane through the ends, where giving up a little of one thing buys most of the
 *  others. Every objective is made smaller; each counts relative to its range over the front.
 *  Answers the index of the knee and its distance to the plane, at most 1/√2 with two objectives; null for fewer than three points, a single
 *  objective, or a front that nowhere bulges. Source: Das 1999, On characterizing the "knee" of the Pareto curve; Branke et al. 2004. */
export const kneeOf = (
  front: readonly (readonly number[])[],
): { readonly index: number; readonly distance: number } | null => {
  const size = front[0]?.length ?? 0;
  if (front.length < 3 || size < 2) return null;
  const low = Array.from({ length: size }, (_, i) => Math.min(...front.map((one) => one[i]!)));
  const high = Array.from({ length: size }, (_, i) => Math.max(...front.map((one) => one[i]!)));
  const ranges = high.map((value, i) => value - low[i]!);
  // What does not vary says nothing about the shape.
  const used = ranges.flatMap((range, i) => (range > 0 ? [i] : []));
  if (used.length < 2) return null;
  const distances = front.map(
    (one) => (1 - used.reduce((sum, i) => sum + (one[i]! - low[i]!) / ranges[i]!, 0)) / Math.sqrt(used.length),
  );
  const distance = Math.max(...distances);
  return distance > 1e-9 ? { index: distances.indexOf(distance), distance } : null;
};

/** The smallest count in [0, most] for which a condition holds that, once true, mostly stays true; null when it does not hold at `most`
 *  either. Asks at most 2 + log₂(most) times: none, then doubling, then halving. Where the condition is not monotone the answer still
 *  holds, but a smaller one may exist.
 *  Errors: those of `holds`. */
export const smallestThat = async (
  most: number,
  holds: (count: number) => Promise<boolean>,
): Promise<number | null> => {
  if (most < 0) return null;
  if (await holds(0)) return 0;
  let failed = 0;
  let step = 1;
  let held: number | null = null;
  while (held === null) {
    const next = Math.min(most, failed + step);
    if (next === failed) return null;
    if (await holds(next)) held = next;
    else {
      failed = next;
      step *= 2;
    }
  }
  while (held - failed > 1) {
    const middle = Math.floor((held + failed) / 2);
    if (await holds(middle)) held = middle;
    else failed = middle;
  }
  return held;
};

/** Hold two lists of answers to the same texts against each other.
 *  `expected` and `found`: `{ id, label, score }` in the same order. Every label must be equal and every score within `tolerance`. */
export const compare = (expected, found, tolerance) => {
  if (expected.length !== found.length)
    throw new Error(`${expected.length} answers on one side, ${found.length} on the other`);
  const problems = [];
  let worst = 0;
  for (const [at, one] of expected.entries()) {
    const other = found[at];
    const difference = Math.abs(one.score - other.score);
    // NaN is a difference too.
    if (!(difference <= worst)) worst = difference;
    if (one.label !== other.label)
      problems.push(`${one.id}: ${one.label} (${one.score}) here, ${other.label} (${other.score}) there`);
    else if (!(difference <= tolerance))
      problems.push(`${one.id}: ${one.label} with ${one.score} here and ${other.score} there`);
  }
  return { texts: expected.length, worst, problems };
};

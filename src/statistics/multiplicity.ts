/** Holm's step-down adjusted p-values, in the order given. Source: Holm 1979. */
export const holm = (p: readonly number[]): number[] => {
  const order = p.map((_, index) => index).sort((a, b) => p[a]! - p[b]!);
  const adjusted = p.map(() => 1);
  let running = 0;
  for (const [rank, index] of order.entries()) {
    running = Math.max(running, Math.min(1, (p.length - rank) * p[index]!));
    adjusted[index] = running;
  }
  return adjusted;
};

/** Benjamini–Hochberg adjusted p-values (false discovery rate), in the order given. Source: Benjamini & Hochberg 1995. */
export const benjaminiHochberg = (p: readonly number[]): number[] => {
  const order = p.map((_, index) => index).sort((a, b) => p[b]! - p[a]!);
  const adjusted = p.map(() => 1);
  let running = 1;
  for (const [rank, index] of order.entries()) {
    running = Math.min(running, (p[index]! * p.length) / (p.length - rank));
    adjusted[index] = running;
  }
  return adjusted;
};

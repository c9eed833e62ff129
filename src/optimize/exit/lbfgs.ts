/** A smooth function: its value and gradient at a point. */
export type Objective = (x: Float64Array) => Promise<{ readonly value: number; readonly gradient: Float64Array }>;

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** The gradient became small; otherwise the iterations ran out or rounding ended progress. */
  readonly converged: boolean;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const largest = (a: Float64Array): number => {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]!));
  return most;
};

const pairs = 10;

/** Minimize a smooth function by limited-memory BFGS with a backtracking line search. A value that is not finite counts as too high a step.
 *  Source: Nocedal and Wright 2006, Alg. 7.4 and 7.5, Alg. 3.1. */
export const minimize = async (
  objective: Objective,
  start: Float64Array,
  { iterations, tolerance }: { readonly iterations: number; readonly tolerance: number },
): Promise<Minimum> => {
  let x = start.slice();
  let { value, gradient } = await objective(x);
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  const done = (count: number, converged: boolean): Minimum => ({ x, value, iterations: count, converged });
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (largest(gradient) <= tolerance) return done(iteration, true);
    const direction = gradient.map((one) => -one);
    const weights: number[] = [];
    for (const { s, y, rho } of history.toReversed()) {
      const weight = rho * dot(s, direction);
      weights.push(weight);
      for (let i = 0; i < direction.length; i++) direction[i]! -= weight * y[i]!;
    }
    const newest = history.at(-1);
    // The first step goes a unit length at most.
    const size =
      newest === undefined
        ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)))
        : 1 / (newest.rho * dot(newest.y, newest.y));
    for (let i = 0; i < direction.length; i++) direction[i]! *= size;
    for (const { s, y, rho } of history) {
      const weight = weights.pop()! - rho * dot(y, direction);
      for (let i = 0; i < direction.length; i++) direction[i]! += weight * s[i]!;
    }
    const slope = dot(gradient, direction);
    if (!(slope < 0)) return done(iteration, false);
    let next: Awaited<ReturnType<Objective>> | null = null;
    let to = x;
    for (let step = 1; step > 1e-10; step /= 2) {
      to = x.map((one, i) => one + step * direction[i]!);
      const tried = await objective(to);
      if (Number.isFinite(tried.value) && tried.value <= value + 1e-4 * step * slope) {
        next = tried;
        break;
      }
    }
    if (next === null) return done(iteration, false);
    const s = to.map((one, i) => one - x[i]!);
    const y = next.gradient.map((one, i) => one - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      history.push({ s, y, rho: 1 / curvature });
      if (history.length > pairs) history.shift();
    }
    x = to;
    ({ value, gradient } = next);
  }
  return done(iterations, largest(gradient) <= tolerance);
};

import type { Point } from '../../../contracts/index.ts';
import { dimension, looked, spaceOf, type Landscape } from './landscape.ts';

/** Where known test functions put a point, both objectives from 0. Source: Zitzler, Deb & Thiele 2000, ZDT1 to ZDT3; Deb et al. 2002, DTLZ2. */
const functions = {
  zdt1: ([f1, g]: readonly [number, number]) => [f1, g * (1 - Math.sqrt(f1 / g))],
  zdt2: ([f1, g]: readonly [number, number]) => [f1, g * (1 - (f1 / g) ** 2)],
  zdt3: ([f1, g]: readonly [number, number]) => [
    f1,
    g * (1 - Math.sqrt(f1 / g) - (f1 / g) * Math.sin(10 * Math.PI * f1)),
  ],
} as const;

const landscapeOf = (sizes: readonly number[], objectives: (x: readonly number[]) => readonly number[]): Landscape => {
  const space = spaceOf(sizes.map((size, i) => dimension(`x${i + 1}`, size, { ordered: true })));
  const at = (point: Point): readonly number[] => objectives(point.map((value, i) => value / (sizes[i]! - 1)));
  return {
    space,
    seeds: [],
    objectives: at(sizes.map(() => 0)).map((_, i) => `f${i + 1}`),
    rungs: [{ name: 'full', cost: 1 }],
    truth: (point) => ({ kind: 'runs', objectives: at(point), misses: 0 }),
    look: ({ point }) => ({ outcome: looked(at(point)), seconds: 1 }),
  };
};

/** ZDT1, ZDT2 or ZDT3 on a grid: 21 values of x1, `values` of each of the four others. */
export const zdt = (name: keyof typeof functions, values = 6): Landscape =>
  landscapeOf([21, values, values, values, values], ([x1, ...others]) =>
    functions[name]([x1!, 1 + (9 * others.reduce((sum, x) => sum + x, 0)) / others.length]),
  );

/** DTLZ2 with three objectives: two angles of 9 values, two distances of `values`. */
export const dtlz2 = (values = 5): Landscape =>
  landscapeOf([9, 9, values, values], ([a, b, ...others]) => {
    const radius = 1 + others.reduce((sum, x) => sum + (x - 0.5) ** 2, 0);
    const [u, v] = [(a! * Math.PI) / 2, (b! * Math.PI) / 2];
    return [radius * Math.cos(u) * Math.cos(v), radius * Math.cos(u) * Math.sin(v), radius * Math.sin(u)];
  });

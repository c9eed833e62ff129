import { expect, test } from 'vitest';
import { minimize, type Objective } from './lbfgs.ts';

const rosenbrock: Objective = async (x) => {
  const [a, b] = [x[0]!, x[1]!];
  return {
    value: (1 - a) ** 2 + 100 * (b - a * a) ** 2,
    gradient: Float64Array.of(-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)),
  };
};

test('finds the minimum of Rosenbrock’s valley', async () => {
  const { x, converged } = await minimize(rosenbrock, Float64Array.of(-1.2, 1), { iterations: 200, tolerance: 1e-8 });
  expect(converged).toBe(true);
  expect(x[0]).toBeCloseTo(1, 6);
  expect(x[1]).toBeCloseTo(1, 6);
});

test('solves an ill-conditioned square in few steps', async () => {
  const scale = Float64Array.from({ length: 20 }, (_, i) => 10 ** (i / 10));
  const square: Objective = async (x) => ({
    value: x.reduce((sum, one, i) => sum + (scale[i]! * (one - i) ** 2) / 2, 0),
    gradient: x.map((one, i) => scale[i]! * (one - i)),
  });
  const { x, iterations } = await minimize(square, new Float64Array(20), { iterations: 300, tolerance: 1e-9 });
  x.forEach((one, i) => expect(one).toBeCloseTo(i, 6));
  expect(iterations).toBeLessThan(120);
});

test('walks around values that are not finite, and stops where nothing is better', async () => {
  const wall: Objective = async ([x]) => ({
    value: x! >= 1 ? Number.NaN : -Math.log(1 - x!) + (x! - 0.5) ** 2,
    gradient: Float64Array.of(1 / (1 - x!) + 2 * (x! - 0.5)),
  });
  const { x } = await minimize(wall, Float64Array.of(0.9), { iterations: 100, tolerance: 1e-9 });
  expect(1 / (1 - x[0]!) + 2 * (x[0]! - 0.5)).toBeCloseTo(0, 6);
  const flat = await minimize(async (y) => ({ value: 1, gradient: y.map(() => 0) }), Float64Array.of(3), {
    iterations: 5,
    tolerance: 0,
  });
  expect(flat).toMatchObject({ iterations: 0, converged: true });
  const liar = await minimize(async (y) => ({ value: 1, gradient: y.map(() => 1) }), Float64Array.of(3), {
    iterations: 5,
    tolerance: 0,
  });
  expect(liar).toMatchObject({ converged: false, value: 1 });
});

import { expect, test } from 'vitest';
import { parseText, printText } from '../../model/graph/index.ts';
import { emitter, emitterFor, extend, meanOver, sumOver, zerosLike } from './emit.ts';

const model = parseText('x: float32[2, 3]; y = Relu(x); -> y: float32[2, 3]');

test('names nothing twice and keeps equal constants once', () => {
  const to = emitter(model);
  expect(to.fresh('x')).toBe('x_1');
  expect(to.fresh('x')).toBe('x_2');
  expect(to.emit('Neg', ['y'], {}, 'y')).toBe('y_1');
  expect(to.scalar('float32', 2)).toBe(to.scalar('float32', 2));
  expect(to.scalar('float32', 2)).not.toBe(to.scalar('float64', 2));
  expect(to.scalar('float32', 0)).not.toBe(to.scalar('float32', -0));
  expect(to.integers([1, 2])).toBe(to.integers([1, 2]));
  expect(new Set(to.emitAll('Split', ['y'], 3)).size).toBe(3);
});

test('extends a model behind its own nodes, and leaves the model as it was', () => {
  const to = emitter(model);
  const before = printText(model);
  const z = to.emit('Add', ['y', to.scalar('float32', 1)], {}, 'z');
  const longer = extend(model, to);
  expect(longer.graph.nodes.map(({ op }) => op)).toEqual(['Relu', 'Add']);
  expect(longer.graph.nodes[1]!.outputs).toEqual([z]);
  expect(longer.graph.initializers.size).toBe(1);
  expect(printText(model)).toBe(before);
});

test('writes reductions in the form of the operator set', () => {
  const [old, now] = [emitterFor([], 17), emitterFor([], 18)];
  meanOver(old, 'x', [1]);
  meanOver(now, 'x', [1]);
  expect(old.nodes[0]!.attributes['axes']).toMatchObject({ value: [1n] });
  expect(now.nodes[0]!.inputs).toHaveLength(2);
  sumOver(old, 'x', null, false);
  expect(old.nodes[1]!.inputs).toEqual(['x']);
  zerosLike(old, 'x', 'float64');
  expect(old.nodes.at(-1)!.attributes['value']).toMatchObject({ value: { dtype: 'float64', dims: [1] } });
});

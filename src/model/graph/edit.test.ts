import { workedMs } from '../../testing/work.ts';
import { describe, expect, test } from 'vitest';
import type { Model, Node } from '../../contracts/index.ts';
import { tensor } from '../tensor/index.ts';
import { edit, int, parseText, printLine } from './index.ts';

const node = (model: Model, output: string): Node =>
  model.graph.nodes.find((one) => one.outputs.includes(output)) ?? expect.fail(`no node makes ${output}`);
const weight = (...values: number[]) => tensor('float32', [values.length], Float32Array.from(values));

test('without a change the model is the same object', () => {
  const model = parseText('dead = Neg(x); y = Relu(x); -> y');
  const draft = edit(model);
  draft.skip(node(model, 'y'), 'it is needed');
  const { model: after, changes, skipped } = draft.done();
  expect(after).toBe(model);
  expect(changes).toEqual([]);
  expect(skipped).toEqual([{ reason: 'it is needed', nodes: ['y'] }]);
});

describe('bypass', () => {
  test('collapses a chain, in either order, and leaves the input model as it was', () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const model = parseText('a = Identity(x); b = Identity(a); y = Relu(b)');
      const draft = edit(model);
      for (const name of order) expect(draft.bypass(node(model, name), 'Identity')).toBe(true);
      expect(printLine(draft.done().model)).toBe('y = Relu(x)');
      expect(printLine(model)).toBe('a = Identity(x); b = Identity(a); y = Relu(b)');
    }
  });

  test('hands a graph output to the maker of its input', () => {
    const model = parseText('a = Relu(x); y = Identity(a); z = Neg(a); -> y, z');
    const draft = edit(model);
    expect(draft.bypass(node(model, 'y'), 'Identity')).toBe(true);
    expect(printLine(draft.done().model)).toBe('y = Relu(x); z = Neg(y); -> y, z');
  });

  test('refuses between two names that callers use', () => {
    for (const text of [
      'y = Identity(x)',
      'a = Relu(x); y = Identity(a); -> a, y',
      'w = float32[1] {1}; y = Identity(w)',
    ]) {
      const model = parseText(text);
      const draft = edit(model);
      expect(draft.bypass(node(model, 'y'), 'Identity')).toBe(false);
      expect(draft.done().model).toBe(model);
    }
  });

  test('refuses when a second output is used', () => {
    const model = parseText('a, mask = Dropout(x); y = Relu(a); z = Not(mask)');
    expect(edit(model).bypass(node(model, 'a'), 'Dropout')).toBe(false);
  });
});

describe('bodies', () => {
  const text = (inner: string): string =>
    `a = Identity(x); y = If(c) {else_branch: graph "e" { e = Neg(${inner}) }, then_branch: graph "t" { t = Abs(${inner}) }}`;

  test('follow a rename', () => {
    const model = parseText(text('a'));
    const draft = edit(model);
    expect(draft.capturedBySubgraph('a')).toBe(true);
    expect(draft.bypass(node(model, 'a'), 'Identity')).toBe(true);
    expect(draft.capturedBySubgraph('a')).toBe(false);
    expect(draft.capturedBySubgraph('x')).toBe(true);
    expect(printLine(draft.done().model)).toContain(text('x').replace('a = Identity(x); ', ''));
  });

  test('give way when the new name is taken inside', () => {
    const model = parseText(
      'a = Identity(x); y = If(c) {then_branch: graph "t" { x = Abs(a); t = Neg(x) }, else_branch: graph "e" { e = Neg(a) }}',
    );
    const draft = edit(model);
    draft.bypass(node(model, 'a'), 'Identity');
    expect(printLine(draft.done().model)).toContain('{ x_1 = Abs(x); t = Neg(x_1) }');
  });

  test('count as uses when dead nodes are dropped', () => {
    const model = parseText(`w = float32[1] {1}; v = float32[1] {2}; ${text('w')}; -> y`);
    const draft = edit(model);
    draft.note('touch', []);
    const { graph } = draft.done().model;
    expect([...graph.initializers.keys()]).toEqual(['w']);
    expect(graph.nodes.map((one) => one.op)).toEqual(['If']);
  });
});

describe('replace', () => {
  test('keeps the place, drops what became dead, sorts', () => {
    const model = parseText(
      'h = MatMul(x, w); y = Add(h, b); z = Relu(y); w = float32[1] {1}; b = float32[1] {1}; -> z',
    );
    const draft = edit(model);
    const name = draft.addInitializer('b', weight(3));
    expect(name).toBe('b_1');
    const inner = draft.fresh('h');
    draft.replace(
      node(model, 'y'),
      [
        { op: 'Neg', inputs: [inner], outputs: ['y'] },
        { op: 'Mul', inputs: ['x', name], outputs: [inner], attributes: { k: int(1) } },
      ],
      'as a test',
    );
    const result = draft.done();
    expect(printLine(result.model)).toBe('b_1 = float32[1] {3.0}; h_1 = Mul(x, b_1) {k: 1}; y = Neg(h_1); z = Relu(y)');
    expect(result.changes).toEqual([{ what: 'as a test', nodes: ['y'] }]);
  });

  test('must make every used output', () => {
    const model = parseText('a, b = Split(x); y = Relu(a); z = Relu(b)');
    expect(() => edit(model).replace(node(model, 'a'), [{ op: 'Neg', inputs: ['x'], outputs: ['a'] }], 'half')).toThrow(
      'lost b',
    );
  });

  test('a name has one maker', () => {
    const model = parseText('a = Neg(x); y = Relu(a)');
    const draft = edit(model);
    expect(() => draft.insert([{ op: 'Neg', inputs: ['x'], outputs: ['a'] }])).toThrow('two nodes would produce a');
    expect(() => draft.insert([{ op: 'Neg', inputs: ['y'], outputs: ['x'] }])).toThrow('graph input x');
  });

  test('a cycle is a coded error', () => {
    const model = parseText('a = Neg(x); y = Relu(a)');
    const draft = edit(model);
    draft.rename('x', 'y');
    expect(() => draft.done()).toThrow(expect.objectContaining({ code: 'model/cycle' }));
  });

  test('an old object of a node still names it', () => {
    const model = parseText('a = Neg(x); b = Abs(a); y = Relu(b)');
    const draft = edit(model);
    draft.rename('a', 'x');
    expect(draft.current(node(model, 'b'))?.inputs).toEqual(['x']);
    draft.replace(node(model, 'b'), [{ op: 'Sign', inputs: ['x'], outputs: ['b'] }], 'test');
    expect(draft.current(node(model, 'b'))).toBeUndefined();
    expect(printLine(draft.done().model)).toBe('b = Sign(x); y = Relu(b)');
  });
});

describe('constants', () => {
  test('an initializer that is also an input may be overridden', () => {
    const text = 'x: float32; w: float32[1]; w = float32[1] {1}; y = Add(x, w)';
    expect(edit(parseText(text)).constant('w')).toBeNull();
    expect(edit(parseText(`ir 3; ${text}`)).constant('w')).not.toBeNull();
  });

  test('a model of IR version 3 leaves the old listing behind', () => {
    const draft = edit(
      parseText(
        'ir 3; x: float32; w: float32[1]; v: float32[1]; w = float32[1] {1}; v = float32[1] {1}; y = Add(x, w)',
      ),
    );
    draft.rename('w', draft.addInitializer('new', weight(2)));
    const { model } = draft.done();
    expect(model.irVersion).toBe(4);
    expect(printLine(model)).toBe('ir 4; new = float32[1] {2.0}; y = Add(x, new)');
  });

  test('Constant nodes in every form', () => {
    const draft = edit(
      parseText(
        'a = Constant() {value: int8[1] {5}}; b = Constant() {value_ints: [1, 2]}; c = Constant() {value_float: 0.5}',
      ),
    );
    expect(draft.constant('a')?.dtype).toBe('int8');
    expect(draft.constant('b')?.dims).toEqual([2]);
    expect(draft.constant('c')?.dtype).toBe('float32');
  });
});

describe('types', () => {
  test('of old and of new values', () => {
    const model = parseText('x: float32[B, 4]; w = float32[4, 6] {...}; y = MatMul(x, w)', {
      tensors: { w: tensor('float32', [4, 6], new Float32Array(24)) },
    });
    const draft = edit(model);
    expect(draft.shape('y')).toEqual(['B', 6]);
    expect(draft.shape('t')).toBeNull();
    draft.insert([
      { op: 'Transpose', inputs: ['y'], outputs: ['t'] },
      { op: 'Cast', inputs: ['t'], outputs: ['u'], attributes: { to: int(7) } },
    ]);
    expect(draft.shape('u')).toEqual([6, 'B']);
    expect(draft.dtype('u')).toBe('int64');
    expect(draft.shape(draft.addInitializer('n', weight(1, 2)))).toEqual([2]);
  });
});

test('operator sets are added and raised, ai.onnx never', () => {
  const draft = edit(parseText('opset com.microsoft 1; y = Relu(x)'));
  expect(draft.requireOpset('com.microsoft', 1)).toBe(true);
  expect(draft.requireOpset('', 17)).toBe(true);
  expect(draft.requireOpset('', 21)).toBe(false);
  expect(draft.requireOpset('com.example', 2)).toBe(true);
  expect(Object.fromEntries(draft.done().model.opsets)).toEqual({ '': 17, 'com.microsoft': 1, 'com.example': 2 });
});

test('thousands of edits on 5,000 nodes take well under a second', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `v${i + 1} = ${i % 2 === 0 ? 'Identity' : 'Relu'}(v${i})`);
  const model = parseText(lines.join('\n'));
  const start = workedMs();
  const draft = edit(model);
  for (const one of model.graph.nodes) {
    if (one.op === 'Identity') draft.bypass(one, 'Identity');
    else draft.replace(one, [{ op: 'Neg', inputs: draft.current(one)?.inputs ?? [], outputs: one.outputs }], 'swap');
    draft.fresh('v');
    draft.dtype(one.outputs[0] ?? '');
  }
  const result = draft.done();
  const tookMs = workedMs() - start;
  expect(result.model.graph.nodes).toHaveLength(2500);
  expect(result.changes).toHaveLength(5000);
  expect(tookMs).toBeLessThan(1000);
});

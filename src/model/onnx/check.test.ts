import { describe, expect, test } from 'vitest';
import type { Model } from '../../contracts/index.ts';
import { checkModel, newestOpset, operatorSchema } from './index.ts';
import { tensor } from '../tensor/index.ts';
import { floats, graph, info, linear, model, node } from './testing/models.ts';

const condition = new Map([['c', tensor('bool', [], Uint8Array.of(1))]]);

const found = (value: Model): string[] =>
  checkModel(value).map(({ severity, where, what }) => `${severity}: ${where}: ${what}`);

describe('a right model', () => {
  test('has no problem, with an initializer as the default of an input', () => {
    expect(found(linear())).toEqual([]);
    const value = linear();
    expect(found({ ...value, graph: { ...value.graph, inputs: [...value.graph.inputs, info('w', [4, 4])] } })).toEqual(
      [],
    );
  });
  test('subgraphs see the names around them, siblings may repeat names', () => {
    const body = graph({ inputs: [], outputs: [info('z', [1])], nodes: [node('Relu', ['x'], ['z'])] });
    const branches = {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: body },
    } as const;
    expect(found(model({ nodes: [node('If', ['c'], ['y'], branches)], initializers: condition }))).toEqual([]);
  });
});

describe('names and order', () => {
  test('dangling inputs and outputs', () => {
    expect(found(model({ nodes: [node('Relu', ['nowhere'], ['a'])] }))).toEqual([
      'error: node Relu:a (Relu): it uses "nowhere" but nothing produces it',
      'error: graph: its output "y" is produced by nothing',
    ]);
  });
  test('use before computation, also from a subgraph', () => {
    expect(found(model({ nodes: [node('Relu', ['a'], ['y']), node('Relu', ['x'], ['a'])] }))).toEqual([
      'error: node Relu:y (Relu): it uses "a" before it is computed: the nodes are not in order',
    ]);
    const body = graph({ inputs: [], outputs: [info('late', [1])], nodes: [] });
    const branches = {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: body },
    } as const;
    const late = model({
      nodes: [node('If', ['c'], ['y'], branches), node('Relu', ['x'], ['late'])],
      initializers: condition,
    });
    expect(found(late)[0]).toBe('error: graph in node If:y (If): its output "late" is produced by nothing');
  });
  test('names defined twice, names that hide others', () => {
    expect(found(model({ nodes: [node('Relu', ['x'], ['y']), node('Relu', ['x'], ['y'])] }))).toEqual([
      'error: node Relu:y (Relu): the name "y" is defined twice',
    ]);
    const body = graph({ inputs: [], outputs: [info('a', [1])], nodes: [node('Relu', ['x'], ['a'])] });
    const branches = {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: body },
    } as const;
    const hiding = model({
      nodes: [node('Relu', ['x'], ['a']), node('If', ['c'], ['y'], branches)],
      initializers: condition,
    });
    expect(checkModel(hiding).map(({ severity }) => severity)).toEqual(['warning', 'warning']);
  });
  test('no more than 200 problems are listed', () => {
    const nodes = Array.from({ length: 500 }, (_, index) => node('Relu', ['no'], [`v${index}`]));
    expect(checkModel(model({ nodes }))).toHaveLength(200);
  });
});

describe('operators', () => {
  const one = (part: ReturnType<typeof node>, opset = 17): string[] =>
    found(model({ nodes: [part], initializers: new Map([['w', floats([4, 4])]]) }, { opsets: new Map([['', opset]]) }));
  test('number of inputs and outputs', () => {
    expect(one(node('MatMul', ['x'], ['y']))).toEqual(['error: node MatMul:y (MatMul): it has 1 inputs, expected 2']);
    expect(one(node('Relu', ['x'], ['y', 'z']))).toEqual(['error: node Relu:y,z (Relu): it has 2 outputs, expected 1']);
    expect(one(node('Concat', [], ['y'], { axis: { kind: 'int', value: 0n } }))).toEqual([
      'error: node Concat:y (Concat): it has 0 inputs, expected at least 1',
    ]);
  });
  test('attributes: unknown, of another kind, missing', () => {
    expect(one(node('Relu', ['x'], ['y'], { slope: { kind: 'float', value: 1 } }))).toEqual([
      'error: node Relu:y (Relu): it has the unknown attribute "slope"',
    ]);
    expect(one(node('Softmax', ['x'], ['y'], { axis: { kind: 'float', value: 1 } }))).toEqual([
      'error: node Softmax:y (Softmax): its attribute axis is of kind float, expected int',
    ]);
    expect(one(node('Concat', ['x'], ['y']))).toEqual(['error: node Concat:y (Concat): its attribute axis is missing']);
  });
  test('unknown and withdrawn operators are warnings', () => {
    expect(one(node('Gelu', ['x'], ['y']))).toEqual([
      'warning: node Gelu:y (Gelu): the operator is unknown in version 17 of ai.onnx',
    ]);
    expect(one(node('Upsample', ['x', 'w'], ['y']), 10)).toEqual([
      'warning: node Upsample:y (Upsample): the operator was withdrawn in version 10',
    ]);
  });
  test('ONNX Runtime has normalizations before ONNX had them', () => {
    expect(one(node('LayerNormalization', ['x', 'w'], ['y']), 11)).toEqual([]);
    expect(one(node('SimplifiedLayerNormalization', ['x', 'w'], ['y']), 21)).toEqual([]);
  });
  test('imports, local functions, other domains', () => {
    const custom = node('Fast', ['x'], ['y'], {}, 'own');
    expect(found(model({ nodes: [custom] }))).toEqual([
      'warning: node Fast:y (own.Fast): the model does not import the operator set "own"',
    ]);
    const functions = [{ name: 'Fast', domain: 'own', bytes: new Uint8Array(0) }];
    expect(found(model({ nodes: [custom] }, { functions }))).toEqual([]);
    expect(found(model({ nodes: [custom] }, { opsets: new Map([['own', 1]]) }))).toEqual([]);
    expect(found(model({ nodes: [node('Relu', ['x'], ['y'])] }, { opsets: new Map() }))[0]).toMatch(
      /^error: .*"ai\.onnx"$/,
    );
  });
  test('the table answers for the version in force', () => {
    expect(operatorSchema('', 'Softmax', 12)).toMatchObject({ sinceVersion: 11, inputs: [1, 1] });
    expect(operatorSchema('', 'Softmax', 13)?.sinceVersion).toBe(13);
    expect(operatorSchema('', 'LayerNormalization', 16)).toBeNull();
    expect(operatorSchema('', 'LayerNormalization', 17)?.outputs).toEqual([1, 3]);
    expect(newestOpset('')).toBeGreaterThanOrEqual(26);
    expect(newestOpset('com.microsoft')).toBeNull();
  });
});

describe('element types', () => {
  const half = { name: 'h', type: { kind: 'tensor', dtype: 'float16', dims: ['batch', 4] } } as const;
  const inputs = [info('x', ['batch', 4]), half];
  const cast = (to: bigint) => ({ to: { kind: 'int', value: to } }) as const;
  test('operands must agree, and be of a type that the operator takes', () => {
    expect(found(model({ inputs, nodes: [node('Add', ['x', 'h'], ['y'])] }))).toEqual([
      'error: node Add:y (Add): its inputs "x" and "h" are float32 and float16, expected one type',
    ]);
    expect(found(model({ inputs, nodes: [node('Not', ['x'], ['y'])] }))[0]).toBe(
      'error: node Not:y (Not): its input "x" is float32, which the operator does not take there',
    );
  });
  test('types are carried through operators, casts and into subgraphs', () => {
    const nodes = [node('Cast', ['h'], ['f'], cast(1n)), node('Relu', ['f'], ['r']), node('Add', ['x', 'r'], ['y'])];
    expect(found(model({ inputs, nodes }))).toEqual([]);
    const wrong = nodes.with(0, node('Cast', ['h'], ['f'], cast(11n)));
    expect(found(model({ inputs, nodes: wrong }))[0]).toContain('are float32 and float64');
    const body = graph({ inputs: [], outputs: [info('z', [1])], nodes: [node('Add', ['x', 'h'], ['z'])] });
    const branches = {
      then_branch: { kind: 'graph', value: body },
      else_branch: { kind: 'graph', value: body },
    } as const;
    const nested = model({ inputs, nodes: [node('If', ['c'], ['y'], branches)], initializers: condition });
    expect(found(nested)).toHaveLength(2);
  });
  test('what the model states must fit what comes out', () => {
    expect(found(model({ inputs, nodes: [node('Relu', ['h'], ['y'])] }))).toEqual([
      'error: node Relu:y (Relu): its output "y" is float16, but the model states float32',
    ]);
    expect(
      found(
        model({
          nodes: [node('Relu', ['x'], ['y'])],
          initializers: new Map([['x', tensor('int8', [1], Int8Array.of(1))]]),
        }),
      )[0],
    ).toBe('error: graph: the input "x" is float32, but its default is int8');
  });
});

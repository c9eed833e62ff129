import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSteelyardError } from '../../../contracts/index.ts';
import { tensor } from '../../tensor/index.ts';
import { indexOf, parseText, printLine, printText } from '../index.ts';

const round = (text: string): string => printText(parseText(text), { separator: '; ' });

describe('what is printed reads back as the same text', () => {
  test.each([
    'a = Identity(x); b = Identity(a); y = Relu(b)',
    'x: float32[2, N, ?]; w = float32[2, 2] {1.0, -2.5, 3.0e-10, inf}; y = MatMul(x, w); -> y: float32[2, N, 2]',
    'ir 10; opset 21; opset com.example 3; graph "main"; y = com.example.Thing(x, _, z)',
    'y = com.microsoft.Gelu(x)',
    'a, _, c = Split(x) {axis: -1, split: [1, 2, 3]} as "a split"; Print(a); -> c, a: float32',
    'y = Op(x) {a: 1, b: 1.0, c: "s \\"q\\"", d: [1.0, 2.5], e: ["x", "y"], f: floats [], g: [], h: @parameter, i: nan}',
    'y = Op(x) {t: int64[2] {-1, 9223372036854775807}, u: float16[1] {blob "AAA="}, v: string[2] {"a", "b"}}',
    'y = Op(x) {t: uint4[3] {1, 15, 0}, b: bool[2] {1, 0}, s: float32[] {1.0}, e: float32[0] {}}',
    'y = If(c) {else_branch: graph "b" { e = Neg(x); -> e: float32[2] }, then_branch: graph "a" { t = Abs(x) }}',
    'x: seq(float32[2]); m: map(int64, float32[]); o: optional(seq(int8)); p: sparse(float32[2, 2]); q: ?; y = Op(x, m, o, p, q)',
    '"1st": float32; "a b" = Identity("1st"); y = Relu("a b")',
    'y = Identity(onnx::MatMul_12); z = Relu(/bert/layer.0/out:0)',
    'y = Op(x) {s: text "/w=="}',
    '-> ',
  ])('%s', (text) => {
    const once = round(text);
    expect(round(once)).toBe(once);
    expect(parseText(once)).toEqual(parseText(text));
  });
});

test('the short form is exact', () => {
  const text = 'a = Identity(x); b = Identity(a); y = Relu(b)';
  expect(printLine(parseText(text))).toBe(text);
});

test('names that nothing defines become inputs, unused values outputs', () => {
  const { graph } = parseText('w = float32[1] {2}; a = Add(x, w); b = Mul(a, z); c = Neg(x)');
  expect(graph.inputs.map((one) => one.name)).toEqual(['x', 'z']);
  expect(graph.outputs.map((one) => one.name)).toEqual(['b', 'c']);
});

test('a body sees the values around it', () => {
  const { graph } = parseText(
    'h = Neg(x); y = If(c) {then_branch: graph "t" { a = Abs(h) }, else_branch: graph "e" { b = Neg(h) }}',
  );
  expect(graph.inputs.map((one) => one.name)).toEqual(['x', 'c']);
  expect(graph.outputs.map((one) => one.name)).toEqual(['y']);
  expect(
    indexOf(graph)
      .capturedBy('h')
      .map((one) => one.op),
  ).toEqual(['If']);
});

test('large weights are shown by shape and size and given aside', () => {
  const w = tensor('float32', [5, 5], new Float32Array(25).fill(2));
  const model = parseText('w = float32[5, 5] {...}; y = MatMul(x, w)', { tensors: { w } });
  expect(printLine(model)).toBe('w = float32[5, 5] {... "100 bytes"}; y = MatMul(x, w)');
  expect(printText(model, { digests: true })).toMatch(/sha256 [0-9a-f]{64}/);
  expect(printLine(parseText(printLine(model), { tensors: { w } }))).toBe(printLine(model));
});

describe('faults say where', () => {
  test.each([
    ['a = Identity(x', 'text/syntax', 'line 1, column 15'],
    ['a = Identity(x)\nb = = Relu(a)', 'text/syntax', 'line 2, column 5'],
    ['a = Identity(x) b = Relu(a)', 'text/syntax', 'expected ";" or a line end'],
    ['a = Relu(x); a = Neg(x)', 'text/duplicate', 'a is defined twice'],
    ['x: float33[2]; y = Relu(x)', 'text/type', 'float33 is not a data type'],
    ['w = float32[2] {1}; y = Relu(w)', 'text/type', '1 values do not fill the shape'],
    ['w = int8[1] {300}; y = Relu(w)', 'text/type', 'does not fit int8'],
    ['w = int64[1] {1.5}; y = Relu(w)', 'text/type', 'whole number'],
    ['w = float32[9] {...}; y = Relu(w)', 'text/elided', 'line 1, column 5'],
    ['y = Op(x) {a: [1, "b"]}', 'text/type', 'values of one kind'],
    ['y = Op(x) {a: "\\q"}', 'text/syntax', 'unknown escape'],
    ['y = Op(x) {a: ' + '['.repeat(99), 'text/syntax', 'too deep'],
    ['%', 'text/syntax', 'line 1, column 1: unexpected "%"'],
    ['w = float32[4294967296, 4294967296] {1}; y = Relu(w)', 'model/absurd', 'too large'],
  ])('%s', (text, code, message) => {
    expect(() => parseText(text)).toThrow(expect.objectContaining({ code }));
    expect(() => parseText(text)).toThrow(message);
  });

  test('a text of no end', () => {
    expect(() => parseText(' '.repeat(20_000_000))).toThrow(expect.objectContaining({ code: 'text/too-long' }));
  });
});

test('any text is read or refused with a code', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    ' = ',
    'Relu',
    '(',
    ')',
    '{',
    '}',
    '[',
    ']',
    ': ',
    ', ',
    ';',
    '\n',
    '1',
    '2.5',
    '"s"',
    '->',
    'float32',
    '...',
    'graph',
    '_',
    '@',
    '?',
    'as ',
    '#',
    'opset ',
    'ir ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      try {
        const once = printText(parseText(text));
        expect(printText(parseText(once))).toBe(once);
      } catch (error) {
        if (!isSteelyardError(error)) throw error;
      }
    }),
    { numRuns: 3000, seed: 11 },
  );
});

test('special names survive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 2 }),
      ([a, b]) => {
        const [from, to] = [JSON.stringify(a), JSON.stringify(`${b}!`)];
        const model = parseText(`${to} = Relu(${from})`);
        expect(model.graph.nodes[0]?.inputs).toEqual([a]);
        expect(parseText(printText(model))).toEqual(model);
      },
    ),
    { numRuns: 500, seed: 5 },
  );
});

import { workedMs } from '../../../testing/work.ts';
import { describe, expect, test } from 'vitest';
import type { Model, Node } from '../../../contracts/index.ts';
import {
  absent,
  constantOf,
  edit,
  int,
  intOf,
  matchAt,
  number,
  oneOf,
  op,
  parseText,
  printLine,
  rewrite,
  scalar,
  scalarConstant,
  shape,
  through,
  value,
} from '../index.ts';
import type { Rewrite, Shape } from '../index.ts';

const last = (model: Model): Node => model.graph.nodes.at(-1) ?? expect.fail('no nodes');
const at = (text: string, pattern: Shape) => {
  const model = parseText(text);
  return matchAt(edit(model), pattern, last(model));
};
const matched = (text: string, pattern: Shape) => {
  const outcome = at(text, pattern);
  return outcome.kind === 'match' ? outcome.match : expect.fail(outcome.miss.reason);
};
const missed = (text: string, pattern: Shape) => {
  const outcome = at(text, pattern);
  return outcome.kind === 'miss' ? outcome.miss : expect.fail('it matched');
};

/** x · x² + e */
const cube = shape(
  'Cube',
  op('Add', [
    op('Mul', [value('x'), op('Pow', [value('x'), number(2, 'exponent')], { as: 'power' })]),
    scalar('offset'),
  ]),
);
const constants = 'two = float32[] {2.0}; e = float32[] {0.5};';

describe('a match', () => {
  test.each([
    'p = Pow(x, two); m = Mul(x, p); y = Add(m, e)',
    'p = Pow(x, two); m = Mul(p, x); y = Add(e, m)',
    'p = Pow(x, two); m = Mul(p, x); y = Add(e, m); -> y',
  ])('takes commuting inputs in either order: %s', (text) => {
    const found = matched(`${constants} ${text}`, cube);
    expect(found.value('x')).toBe('x');
    expect(found.number('offset')).toBe(0.5);
    expect(found.node('power').op).toBe('Pow');
    expect(found.nodes.map((node) => node.op)).toEqual(['Add', 'Mul', 'Pow']);
    expect([found.maybe('nothing'), found.maybeNumber('nothing'), found.maybeNode('nothing')]).toEqual([
      null,
      null,
      null,
    ]);
    expect(() => found.value('nothing')).toThrow('captured no nothing');
  });

  test('an early choice is taken back when what follows does not fit it', () => {
    const pattern = shape('F', op('Sub', [op('Add', [value('a'), value('b')]), op('Neg', [value('a')])]));
    const found = matched('s = Add(p, q); n = Neg(q); y = Sub(s, n)', pattern);
    expect([found.value('a'), found.value('b')]).toEqual(['q', 'p']);
  });

  test('a node computed twice is as good as one used twice', () => {
    const neg = op('Neg', [value('x')]);
    const pattern = shape('F', op('Div', [neg, op('Exp', [neg])]));
    expect(matched('a = Neg(x); e = Exp(a); y = Div(a, e)', pattern).nodes).toHaveLength(3);
    expect(matched('a = Neg(x); b = Neg(x); e = Exp(b); y = Div(a, e)', pattern).nodes).toHaveLength(4);
  });

  test('alternatives, wrappers and optional inputs', () => {
    const pattern = shape(
      'F',
      op(
        ['Relu', 'com.x.Relu'],
        [through(['Cast', 'Identity'], oneOf(op('Neg', [value('x')]), op('Clip', [value('x'), absent, value('max')])))],
      ),
    );
    expect(matched('a = Neg(x); y = Relu(a)', pattern).value('x')).toBe('x');
    expect(matched('a = Neg(x); b = Cast(a) {to: 1}; c = Identity(b); y = com.x.Relu(c)', pattern).nodes).toHaveLength(
      4,
    );
    expect(matched('a = Clip(x, _, m); y = Relu(a)', pattern).value('max')).toBe('m');
    expect(missed('a = Clip(x, n, m); y = Relu(a)', pattern).reason).toBe('Clip has an input that was not expected: n');
    expect(missed('a = Neg(x); b = Identity(a); c = Identity(b); d = Identity(c); y = Relu(d)', pattern).depth).toBe(3);
  });

  test('attributes, outputs and shapes', () => {
    const keeps = (node: Node): string | null => (intOf(node, 'keepdims', 1) === 1 ? null : 'does not keep dimensions');
    const pattern = shape(
      'F',
      op('Add', [op('ReduceMean', [value('x')], { where: keeps }), constantOf('bias', [null])]),
    );
    expect(matched('b = float32[2] {1.0, 2.0}; m = ReduceMean(x); y = Add(b, m)', pattern).value('bias')).toBe('b');
    expect(missed('b = float32[1] {1.0}; m = ReduceMean(x) {keepdims: 0}; y = Add(b, m)', pattern).reason).toBe(
      'ReduceMean m does not keep dimensions',
    );
    expect(missed('b = float32[1, 1] {1.0}; m = ReduceMean(x); y = Add(b, m)', pattern).reason).toBe(
      'the bias has the shape [1, 1], expected [any]',
    );
    const second = shape('F', op('Neg', [op('Split', [value('x')], { output: 1 })]));
    expect(matched('a, b = Split(x); y = Neg(b); -> y', second).nodes).toHaveLength(2);
    expect(missed('a, b = Split(x); y = Neg(a); -> y', second).reason).toBe('output 0 of a is used, expected output 1');
  });
});

describe('a near miss says what broke it, where and how late', () => {
  test.each([
    [
      'three = float32[] {3.0}; p = Pow(x, three); m = Mul(x, p); y = Add(m, e)',
      'the exponent is 3, expected 2',
      'p',
      3,
    ],
    ['p = Pow(x, z); m = Mul(x, p); y = Add(m, e)', 'the exponent is not one constant number', 'p', 3],
    ['p = Pow(z, two); m = Mul(x, p); y = Add(m, e)', 'Pow uses z, expected x', 'p', 3],
    ['p = Exp(x); m = Mul(x, p); y = Add(m, e)', 'p is made by Exp, expected Pow', 'm', 2],
    ['p = Pow(x, two); m = Mul(x, p); y = Add(m, p)', 'the offset is not one constant number', 'y', 3],
    ['p = Pow(x, two); m = Mul(x, p); z = Neg(p); y = Add(m, e); -> y, z', 'the value p is also used by z', 'p', 3],
    ['p = Pow(x, two); m = Mul(x, p); y = Add(m, e); -> y, m', 'the value m is also an output of the graph', 'm', 3],
    ['y = Add(x, z)', 'x is made by no operator, expected Mul', 'y', 1],
  ])('%s', (text, reason, node, depth) => {
    const miss = missed(`${constants} ${text}`, cube);
    expect(miss.reason).toBe(reason);
    expect(miss.node.outputs).toContain(node);
    expect(miss.depth).toBe(depth);
  });

  test('a body that uses an inner value', () => {
    const model = parseText(`${constants} p = Pow(x, two); m = Mul(x, p); y = Add(m, e);
      z = If(c) {then_branch: graph "t" { t = Neg(p) }, else_branch: graph "e" { u = Neg(x) }}`);
    const outcome = matchAt(edit(model), cube, model.graph.nodes[2] ?? expect.fail());
    expect(outcome.kind === 'miss' && outcome.miss.reason).toBe('the value p is also used by a body');
  });

  test('a shared node may be used elsewhere, a dead one does not count', () => {
    const pattern = shape('F', op('Neg', [op('Exp', [value('x')], { shared: true })]));
    expect(matched('a = Exp(x); z = Abs(a); y = Neg(a)', pattern).nodes).toHaveLength(2);
    expect(
      matched(`${constants} p = Pow(x, two); dead = Neg(p); m = Mul(x, p); y = Add(m, e); -> y`, cube).nodes,
    ).toHaveLength(3);
  });

  test('an overridable number proves nothing', () => {
    const text =
      'two: float32[]; two = float32[] {2.0}; e = float32[] {0.5}; p = Pow(x, two); m = Mul(x, p); y = Add(m, e)';
    expect(missed(text, cube).reason).toBe('the exponent is not one constant number');
  });

  test('a condition on the whole', () => {
    const wide = shape('Cube', cube.root, {
      where: (match) => (match.number('offset') > 1 ? null : 'the offset is too small'),
    });
    expect(missed(`${constants} p = Pow(x, two); m = Mul(x, p); y = Add(m, e)`, wide).reason).toBe(
      'the offset is too small',
    );
  });

  test('a search without end is given up', () => {
    // 2^n orders of a balanced sum, none of which fits.
    const sum = (depth: number, leaf: () => string): string[] => {
      const lines: string[] = [];
      let count = 0;
      const build = (left: number): string => {
        if (left === 0) return leaf();
        const name = `s${count++}`;
        const parts = [build(left - 1), build(left - 1)];
        lines.push(`${name} = Add(${parts.join(', ')})`);
        return name;
      };
      lines.push(`y = Neg(${build(depth)})`);
      return lines;
    };
    let inputs = 0;
    const text = sum(6, () => `x${inputs++}`).join('; ');
    let leaves = 0;
    const tree = (depth: number): ReturnType<typeof op> | ReturnType<typeof value> =>
      depth === 0 ? value(`v${leaves++}`) : op('Add', [tree(depth - 1), tree(depth - 1)]);
    const pattern = shape('Sum', op('Neg', [tree(6)]), { where: () => 'never' });
    const start = workedMs();
    expect(missed(text, pattern).reason).toMatch(/never|too many/);
    expect(workedMs() - start).toBeLessThan(2_000);
  });
});

test('numbers behind simple operators', () => {
  const model = parseText(
    'd = float64[] {0.1}; h = float16[1] {blob "AEQ="}; i = int32[1] {2}; a = Cast(h) {to: 1}; b = Sqrt(a); c = Reciprocal(b); e = Neg(c); f = Cast(d) {to: 7}; w = float32[2] {1.0, 2.0}; y = my.Use(e, f, w, i)',
  );
  const draft = edit(model);
  expect(scalarConstant(draft, 'd')).toEqual({ value: 0.1, precision: 0, rank: 0 });
  expect(scalarConstant(draft, 'e')).toEqual({ value: -0.5, precision: 2 ** -10, rank: 1 });
  expect(scalarConstant(draft, 'i')?.value).toBe(2);
  for (const name of ['f', 'w', 'y', 'x', '']) expect(scalarConstant(draft, name)).toBeNull();
});

describe('rewrite', () => {
  const cubes: Rewrite = {
    shape: cube,
    what: 'cube',
    build: (match) => [
      {
        op: 'Cube',
        domain: 'my',
        inputs: [match.value('x'), match.value('offset')],
        outputs: [match.root.outputs[0] ?? ''],
      },
    ],
  };
  const run = async (text: string, rewrites: readonly Rewrite[]) => {
    const draft = edit(parseText(text));
    const count = await rewrite(draft, rewrites);
    const { model, ...result } = draft.done();
    return { ...result, count, text: printLine(model) };
  };

  test('replaces every match, names what went and drops what nothing needs', async () => {
    const { text, changes, count } = await run(
      `${constants} p = Pow(x, two); m = Mul(x, p); a = Add(m, e); q = Pow(a, two); n = Mul(a, q); y = Add(n, e)`,
      [cubes],
    );
    expect(text).toBe('e = float32[] {0.5}; a = my.Cube(x, e); y = my.Cube(a, e)');
    expect(changes).toEqual([
      { what: 'cube', nodes: ['y', 'n', 'q'] },
      { what: 'cube', nodes: ['a', 'm', 'p'] },
    ]);
    expect(count).toBe(2);
  });

  test('the longest match wins where two overlap', async () => {
    const pairs: Rewrite = {
      shape: shape('Pair', op('Neg', [op('Neg', [value('x')])])),
      what: 'pair',
      build: (match) => [{ op: 'Identity', inputs: [match.value('x')], outputs: match.root.outputs }],
    };
    expect((await run('a = Neg(x); b = Neg(a); y = Neg(b)', [pairs])).text).toBe('a = Neg(x); y = Identity(a)');
  });

  test('one rewrite feeds the next', async () => {
    const twice: Rewrite = {
      shape: shape('Twice', op('my.Cube', [op('my.Cube', [value('x'), value()]), value()])),
      what: 'twice',
      build: (match) => [
        {
          op: 'Ninth',
          domain: 'my',
          inputs: [match.value('x')],
          outputs: match.root.outputs,
          attributes: { k: int(2) },
        },
      ],
    };
    const text = `${constants} p = Pow(x, two); m = Mul(x, p); a = Add(m, e); q = Pow(a, two); n = Mul(a, q); y = Add(n, e)`;
    expect((await run(text, [twice, cubes])).text).toBe('y = my.Ninth(x) {k: 2}');
  });

  test('near misses are told once, far ones not at all', async () => {
    const { skipped, changes } = await run(
      'three = float32[] {3.0}; e = float32[] {0.5}; p = Pow(x, three); m = Mul(x, p); y = Add(m, e); z = Add(m, e); w = Add(x, x); -> y, z, w',
      [cubes, cubes],
    );
    expect(changes).toEqual([]);
    expect(skipped).toEqual([{ reason: 'Cube: the exponent is 3, expected 2', nodes: ['p'] }]);
  });

  test('a builder that declines says why', async () => {
    const { skipped, text } = await run(`${constants} p = Pow(x, two); m = Mul(x, p); y = Add(m, e)`, [
      { ...cubes, build: () => 'not today' },
      { ...cubes, build: () => null },
    ]);
    expect(skipped).toEqual([{ reason: 'Cube: not today', nodes: ['y'] }]);
    expect(text).toContain('Pow');
  });

  test('rewrites without end stop as a bug', async () => {
    const forever: Rewrite = {
      shape: shape('Forever', op('Relu', [value('x')])),
      what: 'again',
      build: (match) => [{ op: 'Relu', inputs: [match.value('x')], outputs: match.root.outputs }],
    };
    await expect(run('y = Relu(x)', [forever])).rejects.toThrow('without end');
  });

  test('cancels', async () => {
    await expect(rewrite(edit(parseText('y = Add(a, b)')), [cubes], AbortSignal.abort())).rejects.toThrow();
  });
});

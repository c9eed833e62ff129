import { expect, test } from 'vitest';
import { tensor } from '../tensor/index.ts';
import { editEach, graphsOf, parseText, printLine } from './index.ts';

const nested = `h = Identity(x); y = If(c) {
  else_branch: graph "e" { e = Neg(h) },
  then_branch: graph "t" { a = Identity(h); t = If(c) {
    else_branch: graph "ee" { b = Identity(a); f = Neg(b) }, then_branch: graph "tt" { g = Abs(a) } } } }`;

test('graphs, outer before inner', () => {
  expect(graphsOf(parseText(nested)).map((graph) => graph.name)).toEqual(['graph', 'e', 't', 'ee', 'tt']);
});

test('edits bodies before the graph around them, and captured names follow', async () => {
  const model = parseText(nested);
  const seen: string[] = [];
  const result = await editEach(model, (draft) => {
    seen.push(draft.model.graph.name);
    for (const node of draft.model.graph.nodes) if (node.op === 'Identity') draft.bypass(node, 'Identity');
  });
  expect(seen).toEqual(['e', 'ee', 'tt', 't', 'graph']);
  expect(result.changes).toHaveLength(3);
  const text = printLine(result.model);
  expect(text).not.toContain('Identity');
  expect(text).toContain('{ f = Neg(x) }');
  expect(text).toContain('{ g = Abs(x) }');
  expect(printLine(model)).toContain('b = Identity(a)');
});

test('without a change the model is the same object', async () => {
  const model = parseText(nested);
  expect((await editEach(model, () => undefined)).model).toBe(model);
});

test('a name made in a body is new in the whole model', async () => {
  const model = parseText(
    'w = Neg(x); y = If(c) {then_branch: graph "t" { t = Neg(x) }, else_branch: graph "e" { e = Abs(x) }}; z = Neg(w)',
  );
  const { model: after } = await editEach(model, (draft) => {
    const [node] = draft.model.graph.nodes;
    if (!node || node.op === 'If' || draft.model.graph.name === 'graph') return;
    const name = draft.addInitializer('w', tensor('float32', [], Float32Array.of(1)));
    draft.replace(node, [{ op: 'Add', inputs: [node.inputs[0] ?? '', name], outputs: node.outputs }], 'add');
  });
  const names = graphsOf(after).flatMap((graph) => [...graph.initializers.keys()]);
  expect(new Set(names).size).toBe(2);
  expect(names).not.toContain('w');
});

test('operator sets that a body needs are imported by the model', async () => {
  const model = parseText('y = If(c) {then_branch: graph "t" { t = Neg(x) }, else_branch: graph "e" { e = Abs(x) }}');
  const { model: after } = await editEach(model, (draft) => void draft.requireOpset('com.microsoft', 1));
  expect(after.opsets.get('com.microsoft')).toBe(1);
});

test('bodies of IR version 3 are left alone', async () => {
  const model = parseText(`ir 3; ${nested}`);
  const seen: string[] = [];
  await editEach(model, (draft) => void seen.push(draft.model.graph.name));
  expect(seen).toEqual(['graph']);
});

test('in a body, types, sizes and constants of captured values are known, through several bodies', async () => {
  const model = parseText(`x: float32[2, 4]; w = float32[4] {1.0, 2.0, 3.0, 4.0}; k = Constant() {value_int: 3}
    h = Neg(x); y = If(c) {
      then_branch: graph "t" { a = Mul(h, w); t = If(c) {
        then_branch: graph "tt" { g = Add(a, w); i = Cast(k) {to: 1}; gg = Add(g, i) }, else_branch: graph "ee" { f = Neg(a) } } },
      else_branch: graph "e" { w = float32[2, 1] {1.0, 2.0}; e = Mul(h, w) } }`);
  const seen: Record<string, unknown> = {};
  await editEach(model, (draft) => {
    const { name } = draft.model.graph;
    seen[name] = [draft.captured('w')?.dims, draft.captured('k')?.dtype, draft.constant('w')?.dims];
    if (name === 'tt') seen['shapes'] = [draft.shape('a'), draft.dtype('g'), draft.shape('gg'), draft.contents('k')];
  });
  expect(seen).toEqual({
    tt: [[4], 'int64', undefined],
    ee: [undefined, undefined, undefined],
    t: [[4], 'int64', undefined],
    e: [undefined, undefined, [2, 1]],
    graph: [undefined, undefined, [4]],
    shapes: [[2, 4], 'float32', [2, 4], [3]],
  });
});

test('a copy that a body makes of a captured weight replaces it there only', async () => {
  const model = parseText(`w = float32[2] {1.0, 2.0}; y = If(c) {
    then_branch: graph "t" { t = Mul(x, w) }, else_branch: graph "e" { e = Neg(x) } }; z = Neg(w)`);
  const { model: after } = await editEach(model, (draft) => {
    const weight = draft.captured('w');
    const [node] = draft.model.graph.nodes;
    if (!weight || !node) return;
    const own = draft.addInitializer('w', { ...weight, dims: [2, 1] });
    draft.replace(node, [{ op: 'Mul', inputs: ['x', own], outputs: node.outputs }], 'own weight');
  });
  expect(printLine(after)).toContain('{ w_1 = float32[2, 1] {1.0, 2.0}; t = Mul(x, w_1) }');
  expect(printLine(after)).toContain('z = Neg(w)');
});

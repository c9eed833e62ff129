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

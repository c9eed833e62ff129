import { expect, test } from 'vitest';
import { editEach } from '../../model/graph/index.ts';
import { model } from '../testing/quantized.ts';
import { scopesOf } from './dynamic-scope.ts';

test('a body sees constants around it, but neither computed nor hidden nor overridable ones', async () => {
  const before = model(
    `x: float32[4]; o: float32[2]; p: bool[]; w = float32[2]{...}; o = float32[2]{...}; c = Constant() {value: float32[1] {7.0}}; n = Neg(w)
     y = If(p) {then_branch: graph "t" { v = float32[3]{...}; a = Neg(x); b = If(p) {
         then_branch: graph "tt" { w = float32[5]{1.0, 2.0, 3.0, 4.0, 5.0}; d = Neg(w); -> d }, else_branch: graph "te" { e = Neg(v); -> e } }; -> b },
       else_branch: graph "e" { f = Neg(c); -> f }}`,
  );
  const scopes = scopesOf(before);
  const seen: Record<string, Record<string, number | null>> = {};
  let at = 0;
  await editEach(before, (draft) => {
    const scope = scopes[at++]!;
    const sizes = ['w', 'v', 'c', 'n', 'o', 'x', ''].map((name) => [
      name,
      scope.constant(draft, name)?.dims[0] ?? null,
    ]);
    seen[draft.model.graph.name] = { main: Number(scope.main), ...Object.fromEntries(sizes) };
  });
  const none = { n: null, o: null, x: null, '': null };
  expect(seen).toEqual({
    tt: { main: 0, w: 5, v: 3, c: 1, ...none },
    te: { main: 0, w: 2, v: 3, c: 1, ...none },
    t: { main: 0, w: 2, v: 3, c: 1, ...none },
    e: { main: 0, w: 2, v: null, c: 1, ...none },
    graph: { main: 1, w: 2, v: null, c: 1, ...none },
  });
});

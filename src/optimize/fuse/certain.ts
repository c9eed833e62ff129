import type { DataType, Dim, Node } from '../../contracts/index.ts';
import { fromTensor, inferFacts, inferNode } from '../../model/graph/index.ts';
import type { Draft, Inferred } from '../../model/graph/index.ts';
import { sizesOf } from './attention/sizes.ts';
import type { Sizes } from './attention/sizes.ts';
import type { Certain } from './no-ops.ts';

/** What is certain about the values of a draft, also about those that its edits make: what the file states about inner values
 *  is left out, since it may be wrong. Sizes that only the run knows have names, equal where they are equal.
 *  Time: two passes at the first question, then one step for each new value. */
export const certainOf = (draft: Draft): Certain => {
  let facts: Map<string, Inferred | null> | null = null;
  let sizes: Sizes | null = null;
  const lookup = (name: string): Inferred | null => {
    facts ??= new Map(inferFacts(draft.model, { useStated: false, body: draft.body }));
    const known = facts.get(name);
    if (known !== undefined) return known;
    const tensor = draft.constant(name);
    const maker = draft.producer(name);
    // Also ends the search on a graph that uses a value to make itself.
    facts.set(name, tensor && fromTensor(tensor));
    if (!tensor && maker) {
      const { opsets } = draft.model;
      const results = inferNode(maker, { opsets, lookup, constant: draft.constant });
      maker.outputs.forEach((output, i) => facts?.set(output, results[i] ?? null));
    }
    return facts.get(name) ?? null;
  };
  const named = (): Sizes => (sizes ??= sizesOf(draft));
  const open = (dims: readonly Dim[] | null): boolean => dims === null || dims.includes(null);
  return {
    shape: (name) => {
      const dims = lookup(name)?.dims ?? null;
      return open(dims) ? (named().dims(name) ?? dims) : dims;
    },
    dtype: (name) => lookup(name)?.dtype ?? named().dtype(name),
    contents: (name) => {
      const data = lookup(name)?.data ?? null;
      return open(data) ? (named().contents(name) ?? data) : data;
    },
    constant: (name) => draft.constant(name),
  };
};

/** Whether two sizes are the same in every run: equal numbers or equal names. */
export const sameDim = (a: Dim | undefined, b: Dim | undefined): boolean => a !== null && a !== undefined && a === b;

/** Whether two shapes are the same in every run. */
export const sameDims = (a: readonly Dim[] | null, b: readonly Dim[] | null): boolean =>
  a !== null && b !== null && a.length === b.length && a.every((dim, i) => sameDim(dim, b[i]));

/** The types that ONNX Runtime's fused CPU operators take; a reason where a value has, or may have, another. */
export const unfitType = (known: Certain, name: string): string | null => {
  const dtype: DataType | null = known.dtype(name);
  if (dtype === 'float32' || dtype === 'float16') return null;
  return dtype === null ? `the type of ${name} is not known` : `${name} is ${dtype}, which has no fused operator`;
};

/** The axes that a reduction works on, from its attribute or its constant input: empty when it takes them all, null when they
 *  are computed. Source: ONNX operator specification, ReduceMean (axes became an input at version 18). */
export const reducedAxes = (node: Node, known: Certain): readonly number[] | null => {
  const attribute = node.attributes['axes'];
  if (attribute?.kind === 'ints') return attribute.value.map(Number);
  const input = node.inputs[1] ?? '';
  if (input === '') return [];
  const values = known.constant(input) ? known.contents(input) : null;
  return values?.every((one): one is number => typeof one === 'number') ? values : null;
};

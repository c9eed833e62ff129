import type { Dim, Node } from '../../../contracts/index.ts';
import { int, intOf, type Draft, type NodeInit } from '../../../model/graph/index.ts';
import { tensor } from '../../../model/tensor/index.ts';

/** One size at run time: a number, an axis of a value, or two sizes together. */
export type Part = number | { readonly of: string; readonly axis: number } | { readonly plus: readonly [Part, Part] };

/** Nodes that make the int64 shape [parts …] under this output name. */
export const shapeNodes = (draft: Draft, parts: readonly Part[], output: string): NodeInit[] => {
  const nodes: NodeInit[] = [];
  const shapes = new Map<string, string>();
  const nameOf = (part: Part): string => {
    if (typeof part === 'number')
      return draft.addInitializer('size', tensor('int64', [1], BigInt64Array.of(BigInt(part))));
    if ('plus' in part) {
      const [a, b] = part.plus.map(nameOf);
      const sum = draft.fresh(`${output}_sum`);
      nodes.push({ op: 'Add', inputs: [a ?? '', b ?? ''], outputs: [sum] });
      return sum;
    }
    let shape = shapes.get(part.of);
    if (shape === undefined) {
      shape = draft.fresh(`${part.of}_shape`);
      shapes.set(part.of, shape);
      nodes.push({ op: 'Shape', inputs: [part.of], outputs: [shape] });
    }
    const axis = draft.addInitializer('axis', tensor('int64', [1], BigInt64Array.of(BigInt(part.axis))));
    const size = draft.fresh(`${part.of}_size`);
    nodes.push({ op: 'Gather', inputs: [shape, axis], outputs: [size], attributes: { axis: int(0) } });
    return size;
  };
  const names = parts.map(nameOf);
  nodes.push({ op: 'Concat', inputs: names, outputs: [output], attributes: { axis: int(0) } });
  return nodes;
};

/** The name of an int64 shape [parts …]: a constant where all are numbers, otherwise computed. */
export const shapeValue = (draft: Draft, parts: readonly Part[], hint: string): string => {
  const numbers = parts.filter((part) => typeof part === 'number');
  if (numbers.length === parts.length)
    return draft.addInitializer(hint, tensor('int64', [parts.length], BigInt64Array.from(numbers, BigInt)));
  const name = draft.fresh(hint);
  draft.insert(shapeNodes(draft, parts, name));
  return name;
};

/** A size as a number where it is one, otherwise as an axis of a value that has it. */
export const partOf = (size: Dim, of: string, axis: number): Part => (typeof size === 'number' ? size : { of, axis });

/** Let the nodes that ask for the shape of a value that disappears ask values that stay. */
export const rewireShapes = (draft: Draft, name: string, parts: readonly Part[]): void => {
  const isShape = (node: Node): boolean => node.domain === '' && node.op === 'Shape';
  for (const node of draft.consumers(name).filter(isShape)) {
    const [start, end] = [intOf(node, 'start', 0), intOf(node, 'end', parts.length)];
    const part = parts.slice(start, end);
    const output = node.outputs[0] ?? '';
    // Shape of nothing asked: leave it, it costs nothing but keeps the value.
    if (part.length === 0 || output === '') continue;
    draft.replace(node, shapeNodes(draft, part, output), 'the shape of a value that is no longer made');
  }
};

import type { Node } from '../../../contracts/index.ts';
import { intOf, intsOf, type Draft } from '../../../model/graph/index.ts';
import { onlyUser, reluBound, type Target } from './targets.ts';

/** What becomes one integer kernel. */
export interface Piece {
  /** `same`: moves codes without touching them. `pass`: an integer kernel with a scale of its own. */
  readonly kind: Target['kind'] | 'same' | 'pass';
  readonly node: Node;
  readonly target: Target | null;
  /** Values that it reads as codes. */
  readonly inputs: readonly string[];
  /** The value that it makes, behind the nodes that are folded into it. */
  readonly output: string;
  /** The last folded node: what makes `output` today. */
  readonly last: Node;
  /** The output leaves as codes; otherwise as float32. */
  readonly quantized: boolean;
}

/** A value that is stored as codes. */
export interface CodedValue {
  readonly name: string;
  /** It has the scale of this value; itself for a scale of its own. */
  readonly like: string;
  /** A Relu (or Clip from 0) is folded into its codes: no code below zero may exist, and none above `bound`. */
  readonly positive: boolean;
  readonly bound: number;
  /** An integer kernel makes it; otherwise it is float32 first. */
  readonly inner: boolean;
}

export interface Plan {
  readonly pieces: readonly Piece[];
  readonly values: ReadonlyMap<string, CodedValue>;
}

const movers = new Set(['Flatten', 'MaxPool', 'Reshape', 'Slice', 'Squeeze', 'Transpose', 'Unsqueeze']);
const kernels = new Set(['Add', 'AveragePool', 'Concat', 'GlobalAveragePool', 'LeakyRelu', 'Mul', 'Sigmoid']);

const isMover = (draft: Draft, node: Node): boolean =>
  node.domain === '' && movers.has(node.op) && node.outputs.slice(1).every((name) => !draft.isUsed(name));

const isKernel = (node: Node): boolean =>
  node.domain === '' &&
  kernels.has(node.op) &&
  (node.op !== 'AveragePool' || intsOf(node, 'dilations', []).every((dilation) => dilation === 1)) &&
  (node.op !== 'AveragePool' || intOf(node, 'ceil_mode', 0) === 0);

/** The float operands: a mover's first input, all inputs of the others. */
const operands = (node: Node): readonly string[] => (movers.has(node.op) ? node.inputs.slice(0, 1) : node.inputs);

interface Exit {
  readonly output: string;
  readonly last: Node;
  readonly bound: number | null;
}

/** The value behind a Relu that nothing else needs, or the value itself. */
const exitOf = (draft: Draft, output: string, last: Node): Exit => {
  const user = onlyUser(draft, output);
  const bound = user === null || user.inputs[0] !== output ? null : reluBound(draft, user);
  return user === null || bound === null
    ? { output, last, bound: null }
    : { output: user.outputs[0] ?? '', last: user, bound };
};

/** Decides which values become codes. Every product's input does. A convolution's output does, behind its Relu. What lies between an
 *  integer kernel and a product runs on codes too when all its operands have them: pooling, reshaping, additions, concatenations. A value
 *  that an integer kernel makes and another one reads never becomes float32 in between. Outputs of MatMul with more than two dimensions stay
 *  float32 unless a product reads them directly: each rounding saved is accuracy kept.
 *  Source: ONNX Runtime's selectors of quantize-dequantize groups. */
export const planOf = (draft: Draft, targets: readonly Target[]): Plan => {
  const byExit = new Map<string, Target>();
  const exits = new Map<Target, Exit>();
  for (const target of targets) {
    const exit = exitOf(draft, target.plain, target.plainNode);
    exits.set(target, exit);
    byExit.set(exit.output, target).set(target.plain, target);
  }
  const wanted = new Set(targets.flatMap(({ inputs }) => inputs));
  /** The pooling or reshaping node that makes a value, through a Relu that it can swallow. */
  const passOf = (value: string): { readonly node: Node; readonly exit: Exit } | null => {
    const maker = draft.producer(value);
    if (maker === undefined) return null;
    if (isMover(draft, maker) || isKernel(maker))
      return { node: maker, exit: { output: value, last: maker, bound: null } };
    const bound = reluBound(draft, maker);
    const before = bound === null ? undefined : draft.producer(maker.inputs[0] ?? '');
    if (before === undefined || !isKernel(before)) return null;
    const exit = exitOf(draft, before.outputs[0] ?? '', before);
    return exit.output === value ? { node: before, exit } : null;
  };
  const memory = new Map<string, boolean>();
  /** Whether integer kernels alone can make the value from what is coded anyway. */
  const makesCodes = (value: string): boolean => {
    const known = memory.get(value);
    if (known !== undefined) return known;
    memory.set(value, false);
    const target = byExit.get(value);
    let result = target !== undefined && (target.looseBias === null || target.kind === 'conv');
    if (target === undefined) {
      const pass = passOf(value);
      if (pass !== null) {
        const inputs = operands(pass.node);
        const soft = inputs.some((name) => isSoft(name));
        result =
          inputs.length > 0 &&
          inputs.every((name) => makesCodes(name) || wanted.has(name)) &&
          inputs.some((name) => makesCodes(name)) &&
          (movers.has(pass.node.op) || !soft);
      }
    }
    memory.set(value, result);
    return result;
  };
  /** A matrix product's own result: codes there would cost accuracy that nothing asks for. */
  const isSoft = (value: string): boolean => {
    const target = byExit.get(value);
    return target !== undefined && target.kind !== 'conv';
  };

  const values = new Map<string, CodedValue>();
  const passes = new Map<Node, Piece>();
  const likes = new Map<string, string>();
  const waiting = [...wanted];
  const coded = new Set<string>();
  const inner = new Map<string, Exit>();
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (coded.has(value)) continue;
    coded.add(value);
    const target = byExit.get(value);
    if (target !== undefined || !makesCodes(value)) continue;
    const pass = passOf(value);
    if (pass === null) continue;
    const inputs = operands(pass.node);
    const mover = movers.has(pass.node.op);
    passes.set(pass.node, {
      kind: mover ? 'same' : 'pass',
      node: pass.node,
      target: null,
      inputs,
      output: value,
      last: pass.exit.last,
      quantized: true,
    });
    inner.set(value, pass.exit);
    if (mover) likes.set(value, inputs[0] ?? value);
    waiting.push(...inputs);
  }
  const pieces = new Map<Node, Piece>(passes);
  for (const target of targets) {
    const exit = exits.get(target) ?? { output: target.plain, last: target.plainNode, bound: null };
    const plain = { output: target.plain, last: target.plainNode, bound: null };
    const chosen = coded.has(exit.output) || target.kind === 'conv' ? exit : plain;
    const quantized = target.kind === 'conv' || coded.has(chosen.output);
    if (quantized) {
      coded.add(chosen.output);
      inner.set(chosen.output, chosen);
    }
    pieces.set(target.node, {
      kind: target.kind,
      node: target.node,
      target,
      inputs: target.inputs,
      output: chosen.output,
      last: chosen.last,
      quantized,
    });
  }
  for (const name of coded) {
    const exit = inner.get(name);
    values.set(name, {
      name,
      like: rootOf(likes, name),
      positive: exit !== undefined && exit.bound !== null,
      bound: exit?.bound ?? Number.POSITIVE_INFINITY,
      inner: exit !== undefined,
    });
  }
  return { pieces: draft.nodes().flatMap((node) => pieces.get(node) ?? []), values };
};

const rootOf = (likes: ReadonlyMap<string, string>, name: string): string => {
  let root = name;
  for (let next = likes.get(root); next !== undefined; next = likes.get(root)) root = next;
  return root;
};

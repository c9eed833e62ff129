import type { Context, Node, Tensor } from '../../contracts/index.ts';
import type { Draft } from '../../model/graph/index.ts';
import type { Room } from '../../model/tensor/index.ts';
import type { WeightScheme } from './arithmetic.ts';

/** The names under which a quantized weight, or a quantized input, goes by. */
export interface Quantized {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
  /** It has 7 bits, as sums of pairs would have left 16 bits. */
  readonly narrowed?: boolean;
}

/** A quantized weight before it has names. */
export interface Made {
  readonly codes: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
  readonly narrowed?: boolean;
}

/** Quantized weights of a model, each stored once in the main graph, where bodies see it too. */
export interface Pool {
  /** The names of a weight's quantized form, made at the first call for this tensor and layout; null when `make` answered null. */
  store(
    draft: Draft,
    main: boolean,
    weight: { readonly name: string; readonly tensor: Tensor; readonly layout: string },
    make: () => Promise<Made | null>,
  ): Promise<Quantized | null>;
  /** Hands what the bodies use to the draft of the main graph. Call it before that graph's own nodes are rewritten. */
  deliver(main: Draft): void;
}

/** An empty pool. Large tensors go through `keep`, so that few are in memory at a time. */
export const createPool = (keep: Context['keep']): Pool => {
  const known = new Map<Tensor, Map<string, Quantized | null>>();
  /** Bodies come before the main graph: until then their weights have a name only. */
  let pending: { name: string; tensor: Tensor }[] = [];
  const given = new Set<string>();
  const add = async (draft: Draft, main: boolean, hint: string, made: Tensor): Promise<string> => {
    const tensor = await keep(made);
    if (main) return draft.addInitializer(hint, tensor);
    let name = draft.fresh(hint);
    while (given.has(name)) name = draft.fresh(hint);
    given.add(name);
    pending.push({ name, tensor });
    return name;
  };
  return {
    async store(draft, main, { name, tensor, layout }, make) {
      const forms = known.get(tensor) ?? new Map<string, Quantized | null>();
      known.set(tensor, forms);
      const form = forms.get(layout);
      if (form !== undefined) return form;
      const made = await make();
      const stored = made && {
        codes: await add(draft, main, `${name}_quantized`, made.codes),
        scale: await add(draft, main, `${name}_scale`, made.scale),
        zeroPoint: await add(draft, main, `${name}_zero_point`, made.zeroPoint),
        ...(made.narrowed === true ? { narrowed: true } : {}),
      };
      forms.set(layout, stored);
      return stored;
    },
    deliver(main) {
      const final = new Map<string, string>();
      for (const { name, tensor } of pending) {
        if (!main.capturedBySubgraph(name)) continue;
        const actual = main.addInitializer(name, tensor);
        main.rename(name, actual);
        final.set(name, actual);
      }
      pending = [];
      const renamed = (name: string): string => final.get(name) ?? name;
      for (const forms of known.values())
        for (const [layout, form] of forms) {
          if (form === null) continue;
          const { codes, scale, zeroPoint, narrowed } = form;
          // A form that no body uses in the end has no initializer: it would have to be made again.
          if (!final.has(codes)) forms.delete(layout);
          else
            forms.set(layout, {
              codes: renamed(codes),
              scale: renamed(scale),
              zeroPoint: renamed(zeroPoint),
              ...(narrowed === true ? { narrowed } : {}),
            });
        }
    },
  };
};

/** What a rewrite works with. */
export interface Bench {
  /** What weights are read into, and what their codes are made in before the pool stores them. */
  readonly rooms: { readonly weights: Room; readonly codes: Room };
  readonly draft: Draft;
  readonly main: boolean;
  readonly context: Context;
  readonly scheme: WeightScheme;
  readonly pool: Pool;
  constant(name: string): Tensor | null;
  /** The uint8 form of a value, quantized once however many use it (q, k and v of attention). `label` names the operator. */
  activation(input: string, label: string): Quantized;
}

/** A node that can be quantized. */
export interface Target {
  readonly node: Node;
  /** The weights that the node will no longer need. */
  readonly weights: readonly { readonly name: string; readonly tensor: Tensor; readonly layout: string }[];
  /** Puts integer operators in the node's place; answers null, or why it left the node alone. */
  rewrite(bench: Bench): Promise<string | null>;
}

/** A target, why the node is none, or null when the node is of another kind. */
export type Finder = (node: Node, constant: (name: string) => Tensor | null) => Target | string | null;

/** Shares the quantized inputs of one graph. */
export const activationsOf = (draft: Draft): Bench['activation'] => {
  const known = new Map<string, Quantized>();
  return (input, label) => {
    const before = known.get(input);
    if (before !== undefined) return before;
    const form = {
      codes: draft.fresh(`${input}_quantized`),
      scale: draft.fresh(`${input}_scale`),
      zeroPoint: draft.fresh(`${input}_zero_point`),
    };
    known.set(input, form);
    draft.insert([
      {
        op: 'DynamicQuantizeLinear',
        name: `${label}_input_quantize`,
        inputs: [input],
        outputs: [form.codes, form.scale, form.zeroPoint],
      },
    ]);
    return form;
  };
};

/** The largest inner size whose sums of products fit into int32, whatever the numbers: codes of inputs and weights minus their zero
 *  points are at most 255 and `weight`. */
export const largestInner = (weight: number): number => Math.floor(2_147_483_647 / (255 * weight));

/** Codes of symmetric int8 as uint8 with zero point 128, for kernels that want one zero point for all channels.
 *  Works in place; the result shares the memory. */
export const shifted = (codes: Int8Array): Uint8Array => {
  const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i]! ^ 0x80;
  return bytes;
};

/** How the weights are: "int8 weights", "7-bit int8 weights, one scale per channel". */
export const described = ({ type, perChannel, bits }: WeightScheme, narrowed = false): string =>
  `${bits === 7 || narrowed ? '7-bit ' : ''}${type} weights${perChannel ? ', one scale per channel' : ''}` +
  (narrowed ? ' (sums of two products would leave 16 bits)' : '');

import type { Chain } from '../contracts/index.ts';

/** Techniques that must not come after others in a chain, and why. Ids, `*` for any run of characters. */
interface OrderRule {
  readonly earlier: readonly string[];
  readonly later: readonly string[];
  readonly reason: string;
}

/** Make the network smaller or another one: they read and write float32 weights. */
const structure = ['distill/*', 'prune/*', 'factorize/*'];
/** Store weights as fewer bits. */
const numbers = [
  'quantize/dynamic',
  'quantize/static',
  'quantize/mixed',
  'quantize/blockwise',
  'quantize/embedding',
  'quantize/codebook',
  'quantize/float16',
  'quantize/float16-storage',
  'quantize/aware',
];
/** Shift ranges between layers so that quantizing costs less. */
const ranges = ['quantize/smooth', 'quantize/equalize'];

/** The order of families, as data: what comes later undoes, or no longer finds, what came earlier. Everything that no rule names may stand
 *  in any order. */
export const orderRules: readonly OrderRule[] = [
  {
    earlier: numbers,
    later: structure,
    reason: 'it works on float32 weights, and these are stored in fewer bits by then: put it before quantization',
  },
  {
    earlier: numbers,
    later: ranges,
    reason: 'it prepares float32 weights for quantization: put it before',
  },
  {
    earlier: numbers.filter((id) => id !== 'quantize/embedding'),
    later: ['exit/early'],
    reason: 'it finds the blocks of the network by their float32 weights: put it before quantization',
  },
  {
    earlier: ['exit/*'],
    later: [...structure, 'trim/*', 'recover/*', 'exit/*'],
    reason: 'there are two networks in the model by then: make each one smaller first',
  },
  {
    earlier: ['prune/unstructured', 'prune/2-4'],
    later: ['factorize/*', 'prune/structured', 'distill/student', 'recover/*'],
    reason: 'it writes new weights where there are zeros by then: put the zeros last',
  },
  {
    earlier: ['factorize/*'],
    later: ['prune/structured', 'distill/student'],
    reason: 'it looks for whole projections, and these are two thin ones by then: put it before',
  },
  {
    earlier: ['fuse/upstream-gather'],
    later: [...structure, ...ranges, 'recover/*', 'exit/early'],
    reason: 'the last layer computes one token only by then, and this looks for whole layers: put it before',
  },
  {
    earlier: ['fuse/attention', 'fuse/group-query-attention', 'fuse/embed-layer-normalization'],
    later: ['distill/student', 'distill/recover', 'quantize/aware'],
    reason: 'training goes back through plain operators: fuse afterwards',
  },
];

const matches = (id: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern));

/** The first step of a chain that comes too late, and why; null when the order makes sense. */
export const orderFault = (
  steps: Chain['steps'],
): { readonly technique: string; readonly after: string; readonly reason: string } | null => {
  for (const [at, { technique }] of steps.entries())
    for (const { technique: after } of steps.slice(0, at)) {
      const rule = orderRules.find(({ earlier, later }) => matches(after, earlier) && matches(technique, later));
      if (rule !== undefined) return { technique, after, reason: rule.reason };
    }
  return null;
};

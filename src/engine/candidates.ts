import type { Chain, ChainStep, Context, Machine, Model, Technique } from '../contracts/index.ts';
import { parseOptions } from '../contracts/index.ts';
import { chainId } from './scenario/index.ts';
import { techniqueOf } from './build.ts';

const step = (technique: string, options: Readonly<Record<string, unknown>> = {}): ChainStep => ({
  technique,
  options,
});
const clean = [step('fuse/drop-identity'), step('fuse/constant-folding'), step('fuse/deduplicate')];

/** What is known to pay for networks made of MatMul, Gemm and Gather on a CPU, from the least to the most invasive. */
const recipes: readonly (readonly ChainStep[])[] = [
  [step('quantize/dynamic')],
  [step('quantize/dynamic', { perChannel: true })],
  [step('quantize/dynamic'), step('quantize/embedding')],
  [step('quantize/dynamic', { perChannel: true }), step('quantize/embedding')],
  [step('quantize/blockwise')],
  [step('quantize/blockwise'), step('quantize/embedding')],
  [step('quantize/float16-storage')],
];

/** On x86 processors without VNNI the u8×s8 kernel adds pairs of products in 16 bits and saturates; 7-bit weights cannot. */
const forSaturatingKernels: readonly (readonly ChainStep[])[] = [
  [step('quantize/dynamic', { bits: '7', perChannel: true })],
  [step('quantize/dynamic', { bits: '7', perChannel: true }), step('quantize/embedding')],
];
const saturates = ({ instructionSets }: Machine): boolean =>
  instructionSets.includes('avx2') && !instructionSets.some((name) => name.includes('vnni'));

/** The default list of chains for a model on a machine. Clean-up steps that would change nothing on this model are left out of the chains,
 *  so that a chain never ends because there was nothing to clean. */
export const defaultChains = async (model: Model, machine: Machine, context: Context): Promise<readonly Chain[]> => {
  const useful: ChainStep[] = [];
  let current = model;
  for (const one of clean) {
    const technique: Technique = techniqueOf(one.technique);
    const options = parseOptions(technique.id, technique.options, one.options);
    if (technique.check(current, options) !== null) continue;
    const result = await technique.apply(current, options, context);
    if (result.changes.length === 0) continue;
    useful.push(one);
    current = result.model;
  }
  const known = saturates(machine) ? [...recipes, ...forSaturatingKernels] : recipes;
  const chains = known.map((recipe) => [...useful, ...recipe]);
  const all = useful.length > 0 ? [useful, ...chains] : chains;
  return all.map((steps) => ({ id: nameOf(steps, useful), steps, session: {} }));
};

/** Short names: the common clean-up is said once in the report, not in every row. */
const nameOf = (steps: readonly ChainStep[], useful: readonly ChainStep[]): string =>
  steps === useful ? 'cleaned graph' : chainId(steps.slice(useful.length));

import { SteelyardError, type Chain, type ChainStep } from '../../contracts/index.ts';
import { saturatesU8S8 } from '../../runtime/index.ts';
import { chainId } from '../scenario/chain-id.ts';

type Raw = Readonly<Record<string, unknown>>;

const everywhere: readonly Raw[] = [{}, { perChannel: true }];

/** Remedies for kernels that cut sums off at 16 bits, each with its own price: a bit of every weight, slower kernels, or slower sums. */
const forSaturating: readonly Raw[] = [
  { bits: '7', perChannel: true },
  { weightType: 'uint8' },
  { weightType: 'uint8', perChannel: true },
  { exact: true },
  { perChannel: true, exact: true },
];

/** Ways of `quantize/dynamic` that make sense on a CPU with these instruction sets, each without and with convolutions.
 *  Where the u8×s8 kernel adds in 32 bits the remedies against saturation would cost accuracy or speed for nothing, so they are left out. */
export const dynamicVariants = (instructionSets: readonly string[]): readonly Chain[] => {
  const ways = saturatesU8S8(instructionSets) ? [...everywhere, ...forSaturating] : everywhere;
  return [...ways, ...ways.map((way) => ({ ...way, operators: ['*'] }))].map((options) => {
    const steps = [{ technique: 'quantize/dynamic', options }];
    return { id: chainId(steps), steps, session: {} };
  });
};

/** A chain with `quantize/dynamic` in it, once for each way that makes sense on this CPU; options that the chain states stay as stated.
 *  Errors: `usage/option` when the chain has no such step. */
export const variantsOf = (steps: readonly ChainStep[], instructionSets: readonly string[]): readonly Chain[] => {
  const at = steps.findLastIndex(({ technique }) => technique === 'quantize/dynamic');
  const stated = steps[at];
  if (stated === undefined)
    throw new SteelyardError(
      'usage/option',
      '--auto chooses among the ways of quantize/dynamic, and the chain has no such step',
      'add --technique quantize/dynamic',
    );
  const chains = new Map<string, Chain>();
  for (const variant of dynamicVariants(instructionSets)) {
    const merged = { ...variant.steps[0]!.options, ...stated.options };
    // In one order, so that equal options make equal ids.
    const options = Object.fromEntries(Object.entries(merged).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const all = steps.with(at, { ...stated, options });
    const id = chainId(all);
    if (!chains.has(id)) chains.set(id, { id, steps: all, session: {} });
  }
  return [...chains.values()];
};

import type { ChainStep } from '../../contracts/index.ts';
import { saturatesU8S8 } from '../../runtime/index.ts';

type Raw = Readonly<Record<string, unknown>>;

const step = (technique: string, options: Raw = {}): ChainStep => ({ technique, options });

/** The same answers for less work, where a model reads one token only. */
const oneToken = step('fuse/upstream-gather');
const int8Table = step('quantize/embedding');
const int4Table = step('quantize/embedding', { form: 'blocks', bits: '4', blockSize: '64' });

/** Ways of int8 at run time, the simplest first. Where the u8×s8 kernel saturates, each remedy has its price: a bit of every weight, or a
 *  slower kernel; which one is worth it differs from model to model. */
const dynamicWays = (sets: readonly string[]): readonly Raw[] =>
  saturatesU8S8(sets)
    ? [{}, { bits: '7', perChannel: true }, { weightType: 'uint8' }, { exact: true }]
    : [{}, { perChannel: true }];

/** Chains that are known to pay on a CPU with these instruction sets, from the least to the most invasive. Where a model reads one token only,
 *  all of them compute only that. The first int8 version also comes without its embeddings quantized; the others differ from it in their
 *  products, so once is enough. The last two are a network of half the depth and half the width that answers as the model does, as it is and
 *  with small numbers too: trained once, as the second chain goes on from the first. Steps that do nothing on a model are for others to leave out. */
export const knownChains = (sets: readonly string[]): readonly (readonly ChainStep[])[] => {
  const [plain = {}, ...ways] = dynamicWays(sets);
  const student = [step('trim/vocabulary'), step('distill/student'), oneToken];
  const stored: readonly (readonly ChainStep[])[] = [
    [],
    [step('quantize/dynamic', plain)],
    [step('quantize/dynamic', plain), int8Table],
    ...ways.map((way) => [step('quantize/dynamic', way), int8Table]),
    [step('quantize/dynamic', { ...plain, operators: ['*'] }), int8Table],
    [step('quantize/static', saturatesU8S8(sets) ? {} : { bits: '8' }), int8Table],
    [step('quantize/blockwise', { method: 'hqq', blockSize: '64' }), int4Table],
    [step('quantize/blockwise', { method: 'gptq', blockSize: '64' }), int4Table],
    [step('quantize/float16-storage')],
  ];
  return [
    ...stored.map((steps) => [oneToken, ...steps]),
    student,
    [...student, step('quantize/dynamic', plain), int8Table],
  ];
};

import type { Chain, ChainStep, Context, Machine, Model } from '../contracts/index.ts';
import { parseOptions } from '../contracts/index.ts';
import { graphsOf } from '../model/graph/index.ts';
import { saturatesU8S8 } from '../runtime/index.ts';
import { chainId } from './scenario/chain-id.ts';
import { techniqueOf } from './chain.ts';

const step = (technique: string, options: Readonly<Record<string, unknown>> = {}): ChainStep => ({
  technique,
  options,
});
type Raw = Readonly<Record<string, unknown>>;

const clean = [step('fuse/drop-identity'), step('fuse/constant-folding'), step('fuse/deduplicate')];

const int8Table = step('quantize/embedding');
const int4Table = step('quantize/embedding', { form: 'blocks', bits: '4', blockSize: '64' });
const tables: readonly ChainStep[] = [int8Table, int4Table];

/** Ways of int8 at run time, the simplest first. Where the u8×s8 kernel saturates, each remedy has its price: a bit of every weight, or a
 *  slower kernel; which one is worth it differs from model to model. */
const dynamicWays = (sets: readonly string[]): readonly Raw[] =>
  saturatesU8S8(sets)
    ? [{}, { bits: '7', perChannel: true }, { weightType: 'uint8' }, { exact: true }]
    : [{}, { perChannel: true }];

/** What is known to pay on a CPU with these instruction sets, from the least to the most invasive. The first int8 version also comes without
 *  its embeddings quantized; the others differ from it in their products, so once is enough. */
const recipes = (
  sets: readonly string[],
  { calibrated, heavier: more }: { readonly calibrated: boolean; readonly heavier: boolean },
): readonly (readonly ChainStep[])[] => {
  const [plain = {}, ...ways] = dynamicWays(sets);
  return [
    [step('quantize/dynamic', plain)],
    [step('quantize/dynamic', plain), int8Table],
    ...ways.map((way) => [step('quantize/dynamic', way), int8Table]),
    ...(more ? [[step('quantize/dynamic', { ...plain, operators: ['*'] }), int8Table]] : []),
    ...(calibrated ? [[step('quantize/static', saturatesU8S8(sets) ? {} : { bits: '8' }), int8Table]] : []),
    [step('quantize/blockwise', { method: 'hqq', blockSize: '64' }), int4Table],
    ...(calibrated ? [[step('quantize/blockwise', { method: 'gptq', blockSize: '64' }), int4Table]] : []),
    [step('quantize/float16-storage')],
  ];
};

/** Operators besides MatMul and Gemm that `quantize/dynamic` can take on when asked. */
const heavier = new Set(['Conv', 'LSTM']);

const trimmed = step('trim/vocabulary');

/** Of the minutes that a scenario allows, what the training of the student may take. */
const trainingShare = 0.35;

/** A network of half the depth and half the width that answers as the model does, as it is and with small numbers too: trained once, as the
 *  second chain goes on from the first. */
const students = (sets: readonly string[], minutes: number): readonly (readonly ChainStep[])[] => {
  const [plain = {}] = dynamicWays(sets);
  const student = [trimmed, step('distill/student', { minutes: minutes * trainingShare })];
  return [student, [...student, step('quantize/dynamic', plain), int8Table]];
};

/** What a step makes of a model, or null where it refuses or changes nothing. */
const tried = async (
  model: Model,
  { technique: id, options: raw }: ChainStep,
  context: Context,
): Promise<Model | null> => {
  const technique = techniqueOf(id);
  const options = parseOptions(technique.id, technique.options, raw);
  if (technique.check(model, options) !== null) return null;
  const result = await technique.apply(model, options, context);
  return result.changes.length === 0 ? null : result.model;
};

/** A step as its name shows it. */
const nameless = ({ technique, options: { minutes: _minutes, ...options } }: ChainStep): ChainStep => ({
  technique,
  options,
});

/** Whether a technique takes a model on, as far as looking at it tells. */
const takes = (model: Model, { technique: id, options }: ChainStep): boolean => {
  const technique = techniqueOf(id);
  return technique.check(model, parseOptions(technique.id, technique.options, options)) === null;
};

/** The default list of chains for a model on a machine. Where there are examples to learn from and `minutes` of time, students are among them. Steps that would change nothing on this model (clean-up, tables) are left out of the
 *  chains, so that a chain never ends because there was nothing to do. */
export const defaultChains = async (
  model: Model,
  machine: Machine,
  context: Context,
  minutes: number | null = null,
): Promise<readonly Chain[]> => {
  const useful: ChainStep[] = [];
  let current = model;
  for (const one of clean) {
    const cleaned = await tried(current, one, context);
    if (cleaned === null) continue;
    useful.push(one);
    current = cleaned;
  }
  const hasTables = (await tried(current, int8Table, context)) !== null;
  const known = recipes(machine.instructionSets, {
    calibrated: context.calibration !== null,
    heavier: graphsOf(model).some(({ nodes }) => nodes.some(({ op }) => heavier.has(op))),
  });
  const student = step('distill/student');
  const learns = context.learning !== null && minutes !== null && takes(current, student);
  const fewerWords = learns ? await tried(current, trimmed, context) : null;
  const hasVocabulary = fewerWords !== null && takes(fewerWords, student);
  const smaller = learns ? students(machine.instructionSets, minutes) : [];
  const pointless = new Set([...(hasTables ? [] : tables), ...(hasVocabulary ? [] : [trimmed])]);
  const all = new Map<string, readonly ChainStep[]>();
  if (useful.length > 0) all.set('cleaned graph', useful);
  for (const recipe of [...known, ...smaller]) {
    const steps = recipe.filter((one) => !pointless.has(one));
    // Short names: the common clean-up is said once in the report, not in every row, and minutes are the scenario's.
    all.set(chainId(steps.map(nameless)), [...useful, ...steps]);
  }
  return [...all].map(([id, steps]) => ({ id, steps, session: {} }));
};

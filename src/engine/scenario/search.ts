import { z } from 'zod';
import { defaultSearch, type Scenario, type SearchSettings } from '../../contracts/index.ts';
import { camel } from './keys.ts';

const list = <T extends z.ZodType>(of: T) => z.array(of).min(1).max(64);

/** Lengths of requests that may share a call. */
export const sequenceBuckets = z
  .array(z.int().min(1).max(1_000_000))
  .min(1)
  .max(64)
  .refine((lengths) => lengths.every((one, at) => at === 0 || one > lengths[at - 1]!), {
    error: 'lengths in ascending order, for example [16, 32, 64]',
  });

const record = z.record(z.string(), z.unknown());

/** The YAML form of the search. */
export const searchSchema = z.union([
  z.literal('none'),
  z.strictObject({
    searcher: z
      .union([
        z.string().min(1),
        z.record(z.string(), record).refine((one) => Object.keys(one).length === 1, { error: 'names one searcher' }),
      ])
      .optional()
      .describe(
        'Who chooses what to try next: halving (default), tpe, nsga2, random, grid, or none; or { halving: its options }',
      ),
    share: z
      .number()
      .min(0.05)
      .max(0.9)
      .optional()
      .describe('Share of the budget that the search may use; default 0.4'),
    finalists: z.int().min(1).max(1000).optional().describe('Versions that get the full weighing; default 6'),
    techniques: list(z.string().min(1))
      .optional()
      .describe(
        'Techniques that may be used, * for any characters; default: all that can pay. One that is named in full is tried even where it is known not to pay',
      ),
    layers: z
      .enum(['none', 'roles', 'blocks'])
      .optional()
      .describe(
        'Also leave groups of equal layers as they are: by their role in a block, or the first and the last block',
      ),
    session: z
      .strictObject({
        threads: list(z.int().min(1).max(1024)).optional().describe('Threads inside one operator; default: 1 to 4'),
        'batch-size': list(z.int().min(1).max(4096))
          .optional()
          .describe('Requests that share a call; default: 8 and 32 where the scenario wants throughput or a low cost'),
        'sequence-buckets': list(sequenceBuckets)
          .optional()
          .describe(
            'Lengths in tokens between which requests share a call; default, where batch sizes are tried: four steps an octave, to 512',
          ),
        'graph-optimization': list(z.enum(['disabled', 'basic', 'extended', 'all'])).optional(),
        'execution-mode': list(z.enum(['sequential', 'parallel'])).optional(),
        'memory-arena': list(z.boolean()).optional(),
        'memory-pattern': list(z.boolean()).optional(),
      })
      .optional()
      .describe('Settings of ONNX Runtime to try beside those that session says'),
    options: z
      .record(z.string(), z.record(z.string(), list(z.unknown())))
      .optional()
      .describe('Technique → option → values to try in place of those that the technique declares'),
  }),
]);

type Raw = z.infer<typeof searchSchema>;

const searcherOf = (raw: Exclude<Raw, 'none'>['searcher']): Pick<SearchSettings, 'searcher' | 'searcherOptions'> => {
  const { searcher, searcherOptions } = defaultSearch;
  if (raw === undefined) return { searcher, searcherOptions };
  if (typeof raw === 'string') return { searcher: raw === 'none' ? null : raw, searcherOptions };
  const [id, options] = Object.entries(raw)[0] ?? [searcher, searcherOptions];
  return { searcher: id, searcherOptions: camelKeys(options) };
};

const camelKeys = <T>(raw: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(raw).map(([key, value]) => [camel(key), value]));

/** What a scenario says about its search. Which techniques, options and searchers there are is for those to say who know them all. */
export const searchOf = (raw: Raw | undefined): Scenario['search'] => {
  if (raw === undefined) return defaultSearch;
  if (raw === 'none') return { ...defaultSearch, searcher: null };
  const { session = {} } = raw;
  return {
    ...searcherOf(raw.searcher),
    share: raw.share ?? defaultSearch.share,
    finalists: raw.finalists ?? defaultSearch.finalists,
    techniques: raw.techniques ?? defaultSearch.techniques,
    layers: raw.layers ?? defaultSearch.layers,
    session: {
      ...(session.threads === undefined ? {} : { intraOpThreads: session.threads }),
      ...(session['batch-size'] === undefined ? {} : { batchSize: session['batch-size'] }),
      ...(session['sequence-buckets'] === undefined ? {} : { sequenceBuckets: session['sequence-buckets'] }),
      ...(session['graph-optimization'] === undefined ? {} : { graphOptimization: session['graph-optimization'] }),
      ...(session['execution-mode'] === undefined ? {} : { executionMode: session['execution-mode'] }),
      ...(session['memory-arena'] === undefined ? {} : { memoryArena: session['memory-arena'] }),
      ...(session['memory-pattern'] === undefined ? {} : { memoryPattern: session['memory-pattern'] }),
    },
    values: Object.fromEntries(
      Object.entries(raw.options ?? {}).map(([technique, options]) => [technique, camelKeys(options)]),
    ),
  };
};

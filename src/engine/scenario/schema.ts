import { z } from 'zod';
import { searchSchema, sequenceBuckets } from './search.ts';
import { targetSchema } from './target.ts';
import { taskSchema } from './task.ts';

/** The YAML form of a scenario, as the user writes it. `parse.ts` turns it into the Scenario noun.
 *  Keys are kebab-case; a quantity is a number with its unit in one string ("20 ms", "1 pp", "10 MB", "30 %"). */

const quantity = z
  .union([z.number(), z.string()])
  .describe('A number, or a number with its unit: "20 ms", "1 pp", "10 MB"');

export const columns = z
  .strictObject({
    text: z.string().optional().describe('Column with the text'),
    pair: z.string().optional().describe('Column with the second text of a pair'),
    label: z.string().optional().describe('Column with the right answer; for multi-label, a list of them'),
    tokens: z.string().optional().describe('Column with the words of a sentence, for token-classification'),
    tags: z.string().optional().describe('Column with a tag for each word'),
    question: z.string().optional().describe('Column with the question, for question-answering'),
    context: z.string().optional().describe('Column with the text that holds the answer'),
    answers: z.string().optional().describe('Column with the accepted answers, as SQuAD writes them or as a list'),
    choices: z
      .union([z.string(), z.array(z.string()).min(2).max(100)])
      .optional()
      .describe('Column with a list of choices, or one column for each, for multiple-choice'),
    score: z.string().optional().describe('Column with the right number, for regression and similarity'),
    image: z
      .string()
      .optional()
      .describe('Column with the path of a picture relative to the data file, its bytes or its pixels'),
    relevant: z
      .string()
      .optional()
      .describe('Column with the ids of the documents that answer a query, or grades by id'),
    reference: z
      .record(z.string(), z.string())
      .optional()
      .describe('Model output → column with what it should be, for tensor-to-tensor'),
    id: z.string().optional().describe('Column with a unique id; default: the row number'),
    groups: z
      .array(z.string())
      .optional()
      .describe('Columns that say whom a row is about; results are reported per value'),
    tensors: z
      .record(z.string(), z.string())
      .optional()
      .describe('Model input → column or array, for tasks of tensors'),
  })
  .describe('Which column holds what');

export const source = z.union([
  z.string().describe('Path relative to this file: JSONL, CSV, TSV, Parquet, npz or npy'),
  z.strictObject({
    path: z.string(),
    suite: z
      .string()
      .optional()
      .describe('Task of a benchmark whose own file this is, for example glue/sst2; no columns are needed then'),
    columns: columns.optional(),
    limit: z.int().min(1).max(100_000_000).optional().describe('Use at most this many rows, taken by seed'),
  }),
]);

const session = z
  .strictObject({
    threads: z.int().min(1).max(1024).optional().describe('Threads inside one operator'),
    'batch-size': z
      .int()
      .min(1)
      .max(4096)
      .optional()
      .describe('Requests that share a call where they may wait for each other: for throughput and cost per request'),
    'sequence-buckets': sequenceBuckets
      .optional()
      .describe('Lengths in tokens, ascending: only requests between the same two of them share a call'),
    'graph-optimization': z.enum(['disabled', 'basic', 'extended', 'all']).optional(),
    'execution-mode': z.enum(['sequential', 'parallel']).optional(),
    'memory-arena': z.boolean().optional(),
    'memory-pattern': z.boolean().optional(),
    config: z.record(z.string(), z.string()).optional().describe('ONNX Runtime session config entries, string values'),
  })
  .describe('How ONNX Runtime runs every version');

const gate = z
  .strictObject({
    metric: z.string().describe('Metric id, for example accuracy, latency-p50, size'),
    slice: z.string().optional().describe('Only for this group: "style=casual"'),
    'at-most': quantity.optional(),
    'at-least': quantity.optional(),
    'worse-by-at-most': quantity.optional().describe('Against the original: "1 pp" for proportions, "5 %" for ratios'),
    'better-by-at-least': quantity.optional().describe('Against the original: "20 %" faster, smaller, cheaper'),
    because: z.string().optional().describe('Why the business cares'),
  })
  .describe('One condition that a version must meet');

const step = z.union([z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))]);
const candidate = z.union([
  z.string(),
  z.array(step).min(1).max(32),
  z.strictObject({ id: z.string().optional(), steps: z.array(step).min(1).max(32), session: session.optional() }),
]);

export const presetSchema = z.strictObject({
  name: z.string().optional(),
  traffic: z
    .strictObject({
      'batch-size': z.int().min(1).max(65_536).optional().describe('Requests per inference call in production'),
      'requests-per-month': z.number().min(0).optional(),
      'requests-per-second': z
        .number()
        .positive()
        .max(1e6)
        .optional()
        .describe('Rate at which requests arrive when it is busy'),
      'latency-limit': z.string().optional().describe('Within which a request must be answered: "20 ms"'),
    })
    .optional(),
  session: session.optional(),
  price: z
    .strictObject({
      'per-hour': z.number().min(0),
      currency: z.string().min(1).max(8),
      cores: z.int().min(1).max(4096).describe('Cores that this price buys'),
      other: z
        .array(
          z.union([
            z.strictObject({ name: z.string().min(1), 'per-month': z.number().min(0) }),
            z.strictObject({ name: z.string().min(1), once: z.number().min(0) }),
          ]),
        )
        .max(100)
        .optional()
        .describe(
          'What else it costs: per month (monitoring, audits, human review, storage), or once for a version that replaces the original',
        ),
    })
    .nullable()
    .optional()
    .describe('What the machine costs'),
  must: z.array(gate).max(100).optional().describe('Conditions that a version must meet'),
  prefer: z.array(z.string()).min(1).max(20).optional().describe('Metric ids, the most wanted first'),
  weigh: z
    .record(z.string(), z.record(z.string(), z.unknown()).nullable())
    .optional()
    .describe(
      'What else to measure, and how: evaluator → its options, for example "quality/flips: { floor-examples: 200 }"',
    ),
  budget: z
    .strictObject({
      minutes: z
        .number()
        .positive({ error: 'a run needs time: give it more than 0 minutes, for example 30' })
        .max(100_000),
    })
    .optional()
    .describe('How long a run may take; default 30 minutes'),
  search: searchSchema.optional().describe('How the best combination is searched for; none: only what is known to pay'),
  confidence: z.number().min(0.5).max(0.9999).optional().describe('Confidence of every verdict; default 0.95'),
});

export const scenarioSchema = presetSchema.extend({
  preset: z.string().optional().describe('Start from the criteria of this preset; keys given here replace its keys'),
  model: z.string().describe('Folder in the Hugging Face layout, .onnx file, or hf:owner/name[@revision]'),
  task: taskSchema,
  data: z.strictObject({
    columns: columns.optional().describe('Column map for every source below that has none of its own'),
    calibration: source.optional().describe('Inputs for calibration; default: rows of the training data'),
    train: source.optional().describe('Examples for techniques that learn, labelled or not'),
    validation: source.optional().describe('What training stops by; default: a tenth of the training data'),
    'out-of-scope': source.optional().describe('Inputs that belong to no class: a version should be unsure of them'),
    corpus: source.optional().describe('Documents that queries search, for retrieval; it has a column map of its own'),
    evaluation: source,
    holdback: z
      .union([z.strictObject({ share: z.number().min(0.05).max(0.9) }), source])
      .optional()
      .describe('Data for the final check, or a share of the evaluation data set aside; default: share 0.5'),
  }),
  target: targetSchema.optional().describe('The hardware to decide for; workers of a queue bring it (tune --queue)'),
  candidates: z
    .array(candidate)
    .min(1)
    .max(1000)
    .optional()
    .describe('Technique chains to try, weighed as they stand; default: they are searched for'),
  seed: z.int().min(0).max(4_294_967_295).optional(),
});

export type ScenarioFile = z.infer<typeof scenarioSchema>;
export type PresetFile = z.infer<typeof presetSchema>;

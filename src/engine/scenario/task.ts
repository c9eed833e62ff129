import { z } from 'zod';
import { SteelyardError, taskIds, type Scenario, type TaskId } from '../../contracts/index.ts';

const texts: readonly TaskId[] = [
  'text-classification',
  'multi-label',
  'token-classification',
  'question-answering',
  'multiple-choice',
  'text-regression',
  'sentence-similarity',
  'retrieval',
];
const embeddings: readonly TaskId[] = ['sentence-similarity', 'retrieval'];

/** Settings that only some tasks have. */
const fits: Readonly<Record<string, readonly TaskId[]>> = {
  labels: [
    'text-classification',
    'tensor-classification',
    'image-classification',
    'multiple-choice',
    'multi-label',
    'token-classification',
  ],
  'max-length': texts,
  threshold: ['multi-label'],
  scores: ['multi-label'],
  scheme: ['token-classification'],
  'doc-stride': ['question-answering'],
  'max-answer-length': ['question-answering'],
  'no-answer-threshold': ['question-answering'],
  pooling: embeddings,
  similarity: embeddings,
  prefix: embeddings,
  'document-prefix': ['retrieval'],
  k: ['retrieval'],
};

/** The YAML form of a scenario's task. */
export const taskSchema = z.strictObject({
  type: z.enum(taskIds),
  labels: z
    .array(z.string())
    .min(2)
    .optional()
    .describe('Label names in the order of the model head, when config.json does not name them'),
  'max-length': z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Longest input in tokens; longer ones are cut and counted'),
  output: z.string().optional().describe('Model output with the scores; default: the first'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('multi-label: a label is given from this probability on; default 0.5'),
  scores: z
    .enum(['logits', 'probabilities'])
    .optional()
    .describe('multi-label: what the model gives; default: logits, which a sigmoid turns into probabilities'),
  scheme: z
    .enum(['lenient', 'IOB1', 'IOB2', 'IOE1', 'IOE2', 'IOBES', 'BILOU'])
    .optional()
    .describe('token-classification: how entities are read from tags; default: lenient, as conlleval does'),
  'doc-stride': z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('question-answering: tokens that neighboring windows of a long text share; default 128'),
  'max-answer-length': z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('question-answering: longest answer in tokens; default 30'),
  'no-answer-threshold': z
    .number()
    .optional()
    .describe(
      'question-answering: "no answer" is given when its score beats the best answer’s by more than this; default: never',
    ),
  pooling: z
    .enum(['mean', 'cls', 'max'])
    .optional()
    .describe('Embeddings: how token vectors become one; default: mean'),
  similarity: z.enum(['cosine', 'dot']).optional().describe('Embeddings: how two are compared; default: cosine'),
  prefix: z
    .string()
    .max(1000)
    .optional()
    .describe('Embeddings: put before every text or query, as the model was trained'),
  'document-prefix': z.string().max(1000).optional().describe('retrieval: put before every document'),
  k: z.int().min(1).max(1000).optional().describe('retrieval: how many documents are looked at; default 10'),
});

const camel = (key: string): string => key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The task as the scenario noun has it. `where`: the place of a key, for complaints. Errors: `scenario/task` for a setting of another task. */
export const taskOf = (raw: z.infer<typeof taskSchema>, where: (key: string) => string): Scenario['task'] => {
  const { type, ...settings } = raw;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  for (const [key] of given) {
    const tasks = fits[key];
    if (tasks !== undefined && !tasks.includes(type))
      throw new SteelyardError(
        'scenario/task',
        `${where(key)}: "${key}" is not for ${type}, but for ${tasks.join(', ')}`,
        'remove it, or correct task.type',
      );
  }
  return {
    id: type,
    ...(Object.fromEntries(given.map(([key, value]) => [camel(key), value])) as Omit<Scenario['task'], 'id'>),
  };
};

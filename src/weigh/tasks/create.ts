import { SteelyardError, type Scenario, type Task, type ValueInfo } from '../../contracts/index.ts';
import { headLabels } from './labels.ts';
import { chooseOutput } from './scores.ts';
import { readSidecar } from './sidecar.ts';
import { tensorClassification } from './tensor-classification.ts';
import { textClassification } from './text-classification.ts';
import { readTokenizer } from './tokenizer.ts';

/** The files that say what a model is for; a ModelFolder fits. */
export interface TaskFiles {
  /** Parsed config.json, or null. */
  readonly config: unknown;
  readonly tokenizerPath: string | null;
  readonly tokenizerConfigPath: string | null;
  /** Parsed sidecar of a bare .onnx file, or null. */
  readonly sidecar: unknown;
}

/** What the model declares; a Session fits. */
export interface TaskSignature {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

const whole = (config: unknown, key: string): number | null => {
  const value = typeof config === 'object' && config !== null ? (config as Record<string, unknown>)[key] : undefined;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
};

/** Positions that the model has embeddings for. RoBERTa's kin begin counting after the padding id. */
const positions = (config: unknown): number | null => {
  const stated = whole(config, 'max_position_embeddings');
  if (stated === null || stated < 1) return null;
  const type =
    typeof config === 'object' && config !== null ? (config as Record<string, unknown>)['model_type'] : undefined;
  const shifted = typeof type === 'string' && /roberta|camembert|longformer|mpnet/.test(type);
  return shifted ? stated - (whole(config, 'pad_token_id') ?? 1) - 1 : stated;
};

const fallbackLength = 512;

/** The task of a scenario for this model: tokenization, label names, output. The scenario has precedence over the sidecar, and that over config.json.
 *  Maximum length: the smallest of scenario, sidecar, tokenizer_config.json (model_max_length) and config.json (max_position_embeddings).
 *  Errors: `task/labels`, `task/tokenizer`, `task/input`, `task/output`, `task/head`, `task/sidecar`. */
export const createTask = async (
  wanted: Scenario['task'],
  files: TaskFiles,
  signature: TaskSignature,
): Promise<Task> => {
  const sidecar = readSidecar(files.sidecar);
  const labels = headLabels(files.config, wanted.labels ?? sidecar.labels);
  if (labels.length < 2)
    throw new SteelyardError('task/labels', `a classifier needs two classes or more, ${labels.length} named`);
  const output = chooseOutput(signature.outputs, wanted.output ?? sidecar.output, labels.length);
  const { inputs } = signature;
  if (wanted.id === 'tensor-classification') return tensorClassification({ labels, inputs, output });
  if (files.tokenizerPath === null)
    throw new SteelyardError(
      'task/tokenizer',
      'the model has no tokenizer.json beside it',
      'save the tokenizer into the model’s folder, or use tensor-classification',
    );
  const tokenizer = await readTokenizer(
    files.tokenizerPath,
    files.tokenizerConfigPath,
    whole(files.config, 'pad_token_id'),
  );
  const bounds = [wanted.maxLength, sidecar.maxLength, tokenizer.modelMaxLength, positions(files.config)];
  const stated = bounds.filter((bound): bound is number => typeof bound === 'number' && bound > 0);
  const maxLength = stated.length === 0 ? fallbackLength : Math.min(...stated);
  return textClassification({ tokenizer, labels, inputs, output, maxLength });
};

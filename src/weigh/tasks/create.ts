import { SteelyardError, type Scenario, type Task, type ValueInfo } from '../../contracts/index.ts';
import { imageClassification } from './image-classification.ts';
import { readPreprocessor } from './image/index.ts';
import { headLabels } from './labels.ts';
import { multiLabel } from './multi-label.ts';
import { choiceLabels, multipleChoice } from './multiple-choice.ts';
import { questionAnswering, spanOutputs } from './question-answering.ts';
import { tensorRegression, textRegression } from './regression.ts';
import { chooseOutput } from './scores.ts';
import { readSidecar, type Sidecar } from './sidecar.ts';
import { retrieval, sentenceSimilarity } from './similarity.ts';
import { tensorClassification } from './tensor-classification.ts';
import { comparedOutputs, tensorToTensor } from './tensor-to-tensor.ts';
import { textClassification } from './text-classification.ts';
import { tokenClassification } from './token-classification.ts';
import { readTokenizer } from './tokenizer.ts';

/** The files that say what a model is for; a ModelFolder fits. */
export interface TaskFiles {
  /** Parsed config.json, or null. */
  readonly config: unknown;
  readonly tokenizerPath: string | null;
  readonly tokenizerConfigPath: string | null;
  /** Parsed sidecar of a bare .onnx file, or null. */
  readonly sidecar: unknown;
  /** The folder with preprocessor_config.json; absent: there is none. */
  readonly root?: string;
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

/** Class names: a classifier has two or more. Errors: `task/labels`. */
const classLabels = (wanted: Scenario['task'], sidecar: Sidecar, config: unknown): readonly string[] => {
  const labels = headLabels(config, wanted.labels ?? sidecar.labels);
  if (labels.length < 2)
    throw new SteelyardError('task/labels', `a classifier needs two classes or more, ${labels.length} named`);
  return labels;
};

/** The tokenizer of a model and the longest text that both take. Errors: `task/tokenizer`. */
const textOf = async (wanted: Scenario['task'], sidecar: Sidecar, files: TaskFiles) => {
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
  return { tokenizer, maxLength: stated.length === 0 ? fallbackLength : Math.min(...stated) };
};

/** The task of a scenario for this model: tokenization, label names, output. The scenario has precedence over the sidecar, and that over config.json.
 *  Maximum length: the smallest of scenario, sidecar, tokenizer_config.json (model_max_length) and config.json (max_position_embeddings).
 *  Errors: `task/labels`, `task/tokenizer`, `task/input`, `task/output`, `task/head`, `task/sidecar`, `task/preprocessor`. */
export const createTask = async (
  wanted: Scenario['task'],
  files: TaskFiles,
  signature: TaskSignature,
): Promise<Task> => {
  const sidecar = readSidecar(files.sidecar);
  const { inputs, outputs } = signature;
  const output = (width: number | null): string => chooseOutput(outputs, wanted.output ?? sidecar.output, width);
  const text = () => textOf(wanted, sidecar, files);
  switch (wanted.id) {
    case 'text-classification':
    case 'multi-label':
    case 'token-classification': {
      const labels = classLabels(wanted, sidecar, files.config);
      const parts = { labels, inputs, output: output(labels.length), ...(await text()) };
      if (wanted.id === 'multi-label') return multiLabel(parts, wanted);
      return wanted.id === 'text-classification' ? textClassification(parts) : tokenClassification(parts, wanted);
    }
    case 'tensor-classification':
    case 'image-classification': {
      const labels = classLabels(wanted, sidecar, files.config);
      const parts = { labels, inputs, output: output(labels.length) };
      return wanted.id === 'tensor-classification'
        ? tensorClassification(parts)
        : imageClassification({ ...parts, preprocessor: await readPreprocessor(files.root ?? null) });
    }
    case 'multiple-choice': {
      const labels = choiceLabels(wanted.labels ?? sidecar.labels, inputs);
      return multipleChoice({ labels, inputs, output: output(null), ...(await text()) });
    }
    case 'question-answering':
      return questionAnswering({ inputs, outputs: spanOutputs(outputs), ...(await text()) }, wanted);
    case 'text-regression':
      return textRegression({ inputs, output: output(1), ...(await text()) });
    case 'tensor-regression':
      return tensorRegression(inputs, output(null));
    case 'sentence-similarity':
      return sentenceSimilarity({ inputs, output: output(null), ...(await text()) }, wanted);
    case 'retrieval':
      return retrieval({ inputs, output: output(null), ...(await text()) }, wanted);
    case 'tensor-to-tensor':
      return tensorToTensor(inputs, comparedOutputs(outputs, wanted.output ?? sidecar.output));
  }
};

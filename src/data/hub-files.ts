import { SteelyardError } from '../contracts/index.ts';

export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
}

const companions = new Set([
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'generation_config.json',
  'preprocessor_config.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'README.md',
  'LICENSE',
  'LICENSE.txt',
]);
const models = ['onnx/model.onnx', 'model.onnx'];

/** Which files of a repository a text or tensor model needs: the full-precision ONNX model with its external data, config, tokenizer, card.
 *  Errors: `data/hub-no-onnx` when the repository holds no ONNX model under a standard name, naming the ones it has. */
export const neededFiles = (repository: string, files: readonly HubFile[]): readonly HubFile[] => {
  const model = models.find((name) => files.some(({ path }) => path === name));
  if (model === undefined) {
    const others = files.filter(({ path }) => path.endsWith('.onnx')).map(({ path }) => path);
    throw new SteelyardError(
      'data/hub-no-onnx',
      `${repository} has neither onnx/model.onnx nor model.onnx${others.length === 0 ? '' : `; it has ${others.slice(0, 8).join(', ')}`}`,
      'choose a repository with an ONNX export, or export the model and give its folder',
    );
  }
  const external = (path: string): boolean => path.startsWith(`${model}_data`) || path === `${model}.data`;
  return files.filter(({ path }) => path === model || external(path) || companions.has(path));
};

/** Refuse names that would leave the folder. Errors: `data/hub-path`. */
export const checkPath = (repository: string, path: string): void => {
  const parts = path.split('/');
  if (
    path.length > 500 ||
    path.includes('\\') ||
    path.includes('\0') ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  )
    throw new SteelyardError(
      'data/hub-path',
      `${repository} lists a file with the name ${JSON.stringify(path.slice(0, 100))}`,
      'do not use this repository',
    );
};

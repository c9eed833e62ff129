import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

// Nothing is fetched: the folder has everything, or the check fails.
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.useFSCache = false;
env.useBrowserCache = false;

/** File name endings by which transformers.js finds a model for a `dtype`. Source: its documentation, "Using quantized models". */
export const endings = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

export const modelFile = (folder, dtype) => join(resolve(folder), 'onnx', `model${endings[dtype]}.onnx`);

/** The standard versions that a model folder holds. */
export const dtypesOf = (folder) => Object.keys(endings).filter((dtype) => existsSync(modelFile(folder, dtype)));

/** What transformers.js answers, one text at a time: `[{ label, score }]`. */
export const classify = async (folder, dtype, texts) => {
  const path = resolve(folder);
  env.localModelPath = dirname(path);
  const classifier = await pipeline('text-classification', basename(path), {
    dtype,
    device: 'cpu',
    local_files_only: true,
  });
  try {
    const answers = [];
    for (const text of texts) answers.push((await classifier(text))[0]);
    return answers;
  } finally {
    await classifier.dispose();
  }
};

const versionIn = (folder) => {
  const path = join(folder, 'node_modules', 'onnxruntime-node', 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : null;
};

/** ONNX Runtime's version here and in the product. */
export const runtimes = () => ({
  here: versionIn(import.meta.dirname),
  product: versionIn(join(import.meta.dirname, '..')),
});

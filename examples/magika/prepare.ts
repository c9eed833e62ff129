import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { shared } from '../../src/testing/shared.ts';
import { features, type FeatureLayout } from './features.ts';

interface Labelled {
  readonly path: string;
  readonly label: string;
  readonly content_base64: string;
}
interface Reference {
  readonly prediction_mode: string;
  readonly content_base64?: string;
  readonly path?: string;
  readonly prediction: { readonly dl: string; readonly score: number };
}
interface Config extends FeatureLayout {
  readonly min_file_size_for_dl: number;
  readonly target_labels_space: readonly string[];
}

/** One line of the data file. `reference` is what the model's makers say that it answers, null when they do not say. */
export interface MagikaRow {
  readonly id: string;
  readonly label: string;
  /** "file": labelled by hand; "content": labelled by the reference answer. */
  readonly origin: 'file' | 'content';
  readonly reference: string | null;
  readonly bytes: readonly number[];
}

const json = async (path: string): Promise<unknown> => {
  const bytes = await readFile(path);
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
};

/** Rows from the labelled files and from the reference answers, each content once; null when the real files are not there. */
export const magikaRows = async (): Promise<{
  readonly rows: readonly MagikaRow[];
  readonly config: Config;
  readonly model: string;
} | null> => {
  const model = shared('models', 'magika', 'standard_v3_3');
  const tests = shared('models', 'magika-tests');
  if (model === null || tests === null) return null;
  const config = (await json(join(model, 'config.min.json'))) as Config;
  const files = (await json(join(tests, 'basic-labelled-inputs.json'))) as readonly Labelled[];
  const byPath = (await json(
    join(tests, 'reference/standard_v3_3-inference_examples_by_path.json.gz'),
  )) as readonly Reference[];
  const byContent = (await json(
    join(tests, 'reference/standard_v3_3-inference_examples_by_content.json.gz'),
  )) as readonly Reference[];
  const known = new Set(config.target_labels_space);
  const answers = new Map(byPath.map(({ path, prediction }) => [path, prediction.dl]));
  const seen = new Set<string>();
  const rows: MagikaRow[] = [];
  const add = (
    id: string,
    label: string,
    origin: MagikaRow['origin'],
    reference: string | null,
    base64: string,
  ): void => {
    const content = Buffer.from(base64, 'base64');
    const values = features(content, config);
    const key = values.join();
    // Too little content never reaches the model.
    if (seen.has(key) || !known.has(label) || values[config.min_file_size_for_dl - 1] === config.padding_token) return;
    seen.add(key);
    rows.push({
      id,
      label,
      origin,
      reference: reference !== null && known.has(reference) ? reference : null,
      bytes: [...values],
    });
  };
  for (const file of files)
    add(
      file.path.replace('tests_data/basic/', ''),
      file.label,
      'file',
      answers.get(file.path) ?? null,
      file.content_base64,
    );
  for (const [at, { prediction, prediction_mode, content_base64 }] of byContent.entries())
    if (prediction_mode === 'best_guess')
      add(`content-${at + 1}`, prediction.dl, 'content', prediction.dl, content_base64 ?? '');
  return { rows, config, model };
};

/** Write the model with a sidecar that names its classes, and the data, into `folder`. Returns the number of rows, or null when there is nothing to read. */
export const prepareMagika = async (folder: string): Promise<number | null> => {
  const found = await magikaRows();
  if (found === null) return null;
  await mkdir(folder, { recursive: true });
  await copyFile(join(found.model, 'model.onnx'), join(folder, 'model.onnx'));
  const sidecar = {
    task: 'tensor-classification',
    description: 'Content type of a file from its first and last 1,024 bytes (google/magika, standard_v3_3)',
    license: 'Apache-2.0',
    source: 'https://github.com/google/magika',
    output: 'target_label',
    labels: found.config.target_labels_space,
  };
  await writeFile(join(folder, 'model.steelyard.yaml'), stringify(sidecar));
  await writeFile(join(folder, 'evaluation.jsonl'), found.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return found.rows.length;
};

if (process.argv[1] !== undefined && /prepare\.(js|ts)$/.test(process.argv[1])) {
  const folder = resolve(process.argv[2] ?? join('examples', 'magika', 'work'));
  const rows = await prepareMagika(folder);
  console.log(rows === null ? 'skipped: ../shared/models/magika is not there' : `${rows} rows in ${folder}`);
}

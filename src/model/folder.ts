import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { SteelyardError } from '../contracts/index.ts';

/** A model as it lies on disk. Every path is absolute but `companions`, which are relative to `root`. */
export interface ModelFolder {
  /** The folder that holds config.json, or for a bare .onnx file the folder it lies in. */
  readonly root: string;
  readonly modelPath: string;
  /** Other .onnx files of the folder: variants of the same model. */
  readonly otherModels: readonly string[];
  /** Parsed config.json, not validated; null when there is none. */
  readonly config: unknown;
  readonly tokenizerPath: string | null;
  readonly tokenizerConfigPath: string | null;
  /** Parsed `<name>.steelyard.yaml` or `.json` beside the model (task, labels, column names …), not validated; null when there is none. */
  readonly sidecar: unknown;
  readonly sidecarPath: string | null;
  /** Files that belong to the model whatever its weights: config, tokenizer, vocabulary, card, licence. */
  readonly companions: readonly string[];
  /** What a user should know: which of several models was taken, what was left out. */
  readonly notes: readonly string[];
}

const limits = { jsonBytes: 64 * 1024 * 1024, depth: 3, companions: 2000, listed: 12 } as const;

/** Weights: of this model in other forms, or of other frameworks. They are no companions. */
const weights = /\.(onnx|onnx[._]data.*|safetensors|bin|pt|pth|ckpt|h5|msgpack|ot|gguf|tflite|mlmodel|pb|part)$/i;
const sidecarEndings = ['.steelyard.yaml', '.steelyard.yml', '.steelyard.json'];

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const list = (folder: string): string[] => {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    throw new SteelyardError(
      'model/unreadable',
      `${folder}: the folder cannot be read (${(cause as Error).message})`,
      'check its permissions',
      { cause },
    );
  }
};

const enumerate = (names: readonly string[]): string =>
  names.length === 0
    ? 'nothing'
    : names.slice(0, limits.listed).join(', ') +
      (names.length > limits.listed ? ` and ${names.length - limits.listed} more` : '');

/** A small text file, parsed. Errors: `model/config`. */
const readParsed = async (path: string): Promise<unknown> => {
  const fault = (what: string, cause?: unknown): SteelyardError =>
    new SteelyardError('model/config', `${path}: ${what}`, 'repair the file or download the model again', { cause });
  const { size } = statSync(path);
  if (size > limits.jsonBytes) throw fault(`${size} bytes is too large for a description of a model`);
  try {
    const text = readFileSync(path, 'utf8');
    if (extname(path) === '.json') return JSON.parse(text) as unknown;
    // Few folders have a YAML file, and the library takes longer to load than a folder to read.
    const { parse } = await import('yaml');
    // A bounded number of aliases: a YAML file of a few lines can otherwise grow without end.
    return parse(text, { maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw fault(`it is no valid ${extname(path) === '.json' ? 'JSON' : 'YAML'} (${(cause as Error).message})`, cause);
  }
};

const onnxFilesOf = (root: string): string[] =>
  [root, join(root, 'onnx')]
    .filter(isFolder)
    .flatMap((folder) => list(folder).map((name) => join(folder, name)))
    .filter((path) => path.toLowerCase().endsWith('.onnx') && isFile(path));

/** The model of a folder and what else was there. */
const chooseModel = (root: string): { modelPath: string; notes: string[] } => {
  const found = onnxFilesOf(root);
  const short = (path: string): string => path.slice(root.length + 1);
  if (found.length === 0) {
    const inside = list(root);
    const other = inside.find((name) => /\.(safetensors|bin|pt|pth|h5|gguf|tflite)$/i.test(name));
    throw new SteelyardError(
      'model/none',
      `${root}: no .onnx file here or in its onnx folder (found: ${enumerate(inside)})`,
      other === undefined
        ? 'give the path of an .onnx file or of a folder in the Hugging Face layout (onnx/model.onnx)'
        : `${other} is not an ONNX model: export it first, for example with optimum-cli export onnx`,
    );
  }
  const standard = [join(root, 'onnx', 'model.onnx'), join(root, 'model.onnx')].find((path) => found.includes(path));
  const modelPath = standard ?? (found.length === 1 ? found[0] : undefined);
  if (modelPath === undefined)
    throw new SteelyardError(
      'model/ambiguous',
      `${root}: several models and none is called model.onnx (${enumerate(found.map(short))})`,
      `give the path of one of them, for example ${found[0]}`,
    );
  const others = found.filter((path) => path !== modelPath).map(short);
  const notes =
    others.length === 0 ? [] : [`${short(modelPath)} is taken; to use another, give its path (${enumerate(others)})`];
  return { modelPath, notes };
};

const findSidecar = (modelPath: string): string | null => {
  const bases = [modelPath.replace(/\.onnx$/i, ''), modelPath];
  const found = bases.flatMap((base) => sidecarEndings.map((ending) => base + ending)).filter(isFile);
  if (found.length > 1)
    throw new SteelyardError(
      'model/ambiguous',
      `${modelPath}: several files describe it (${found.map((path) => basename(path)).join(', ')})`,
      'keep one of them',
    );
  return found[0] ?? null;
};

/** Files below root that are no weights. Links may lead only inside root or, as in the Hugging Face cache, to its blobs. */
const findCompanions = (root: string): { companions: string[]; notes: string[] } => {
  const realRoot = realpathSync(root);
  const allowed = [realRoot + sep, resolve(realRoot, '..', '..', 'blobs') + sep];
  const companions: string[] = [];
  const outside: string[] = [];
  const visit = (folder: string, prefix: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = prefix + entry.name;
      const path = join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      if (entry.isDirectory()) {
        // A folder with a receipt is an output of an earlier run, not a part of this model.
        if (depth < limits.depth && !isFile(join(path, 'steelyard.json'))) visit(path, `${name}/`, depth + 1);
      } else if (!weights.test(entry.name) && isFile(path)) {
        if (!allowed.some((prefix) => realpathSync(path).startsWith(prefix))) outside.push(name);
        else companions.push(name);
      }
      if (companions.length > limits.companions)
        throw new SteelyardError(
          'model/unreadable',
          `${root}: more than ${limits.companions} files that are no models`,
          'put the model into a folder of its own',
        );
    }
  };
  visit(root, '', 0);
  return {
    companions,
    notes: outside.length === 0 ? [] : [`left out, as they link to files outside of the folder: ${enumerate(outside)}`],
  };
};

/** Find a model and what belongs to it: a folder in the Hugging Face layout (config.json, tokenizer.json, onnx/model.onnx or model.onnx),
 *  or an .onnx file with or without a sidecar `<name>.steelyard.yaml` beside it. Reads no weights.
 *  Errors: `model/not-found`, `model/none` (no model inside: says what is), `model/ambiguous` (several: says how to choose),
 *  `model/config` (a description that cannot be parsed), `model/unreadable`. */
export const openFolder = async (path: string): Promise<ModelFolder> => {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new SteelyardError(
      'model/not-found',
      `${path}: there is no such file or folder`,
      'give a folder, an .onnx file, or hf:owner/name for a model on the Hugging Face hub',
    );
  const given = isFolder(absolute);
  if (!given && !isFile(absolute))
    throw new SteelyardError(
      'model/unreadable',
      `${path}: neither a file nor a folder`,
      'give an .onnx file or a folder',
    );
  const parent = dirname(absolute);
  // onnx/model_quantized.onnx inside of a model folder belongs to that folder.
  const inLayout = basename(parent) === 'onnx' && isFile(join(parent, '..', 'config.json'));
  const root = given ? absolute : inLayout ? dirname(parent) : parent;
  const { modelPath, notes } = given ? chooseModel(root) : { modelPath: absolute, notes: [] as string[] };

  const present = (name: string): string | null => (isFile(join(root, name)) ? join(root, name) : null);
  const configPath = present('config.json');
  const sidecarPath = findSidecar(modelPath);
  const folder = given || configPath !== null || present('tokenizer.json') !== null;
  const more = folder ? findCompanions(root) : { companions: [], notes: [] };
  return {
    root,
    modelPath,
    otherModels: folder ? onnxFilesOf(root).filter((other) => other !== modelPath) : [],
    config: configPath === null ? null : await readParsed(configPath),
    tokenizerPath: present('tokenizer.json'),
    tokenizerConfigPath: present('tokenizer_config.json'),
    sidecar: sidecarPath === null ? null : await readParsed(sidecarPath),
    sidecarPath,
    companions: more.companions.filter((name) => join(root, name) !== sidecarPath),
    notes: [...notes, ...more.notes],
  };
};

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '../src/contracts/index.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';
import { seeded } from '../src/statistics/index.ts';

/** A folder that goes away with the process's temporary files. */
export const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'steelyard-e2e-'));
export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** Every file below a folder with its bytes. */
export const contents = async (path: string): Promise<Record<string, string>> => {
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const pairs = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    return [file.slice(path.length + 1), (await readFile(file)).toString('base64')] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
};

const width = 64;
const classes = ['red', 'green', 'blue'];

/** A small classifier of vectors, its sidecar, data and scenario: a whole job that takes seconds. The classes are three random directions;
 *  the first layer mixes the inputs, the second scores each direction. */
export const tinyJob = async (
  folder: string,
  scenario: {
    readonly must?: string;
    readonly more?: string;
    readonly rows?: number;
    /** YAML list of candidates; default: one. */
    readonly candidates?: string;
    /** The last input is always 0 and its weights are huge: the first layer's scales become too coarse for all others. The candidates are
     *  left to the product, and there is calibration data. */
    readonly spoiled?: boolean;
    /** The product searches: there is no list of candidates. */
    readonly searched?: boolean;
    /** Time of the run. Default: 0.1. */
    readonly minutes?: number;
  } = {},
): Promise<{ scenario: string; model: string }> => {
  await mkdir(folder, { recursive: true });
  const random = seeded(11, 'tiny');
  const normals = (count: number, scale = 1): Float32Array =>
    Float32Array.from({ length: count }, () => random.normal() * scale);
  const directions = classes.map(() => normals(width));
  const identity = new Float32Array(width * width);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) identity[i * width + j] = (i === j ? 1 : 0) + random.normal() * 0.02;
  const spoiled = scenario.spoiled === true;
  const second = identity.slice();
  if (spoiled) identity.fill(500, width * (width - 1));
  const head = Float32Array.from(
    { length: width * classes.length },
    (_, at) => directions[at % classes.length]![Math.floor(at / classes.length)]! / 8,
  );
  const tensors: Record<string, Tensor> = {
    w1: tensor('float32', [width, width], identity),
    w2: tensor('float32', [width, classes.length], head),
    w3: tensor('float32', [width, width], second),
  };
  // Another layer of some size, that quantizes well.
  const [between, layer] = spoiled
    ? [`w3 = float32[${width}, ${width}]{...}; `, 'g = MatMul(i, w3); scores = MatMul(g, w2)']
    : ['', 'scores = MatMul(i, w2)'];
  const model = parseText(
    `x: float32[N, ${width}]; w1 = float32[${width}, ${width}]{...}; w2 = float32[${width}, ${classes.length}]{...}; ${between}h = MatMul(x, w1); i = Identity(h); ${layer}; -> scores: float32[N, ${classes.length}]`,
    { tensors },
  );
  const path = join(folder, 'model.onnx');
  await encodeFile(model, path);
  await writeFile(
    join(folder, 'model.steelyard.yaml'),
    `task: tensor-classification\nlabels: [${classes.join(', ')}]\n`,
  );
  const rows = scenario.rows ?? 400;
  const write = async (name: string, count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, at) => {
      const label = random.integer(classes.length);
      const x = Array.from({ length: width }, (__, i) =>
        spoiled && i === width - 1 ? 0 : Number((directions[label]![i]! * 0.25 + random.normal()).toFixed(4)),
      );
      return JSON.stringify({ id: `${name}-${at}`, x, label: classes[label], side: at % 2 === 0 ? 'left' : 'right' });
    });
    await writeFile(join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`);
  };
  await write('evaluation', rows);
  await write('holdback', rows);
  if (spoiled) await write('calibration', 64);
  const file = join(folder, 'scenario.yaml');
  await writeFile(
    file,
    `name: tiny
model: model.onnx
task: { type: tensor-classification }
data:
  columns: { id: id, label: label, groups: [side], tensors: { x: x } }
${spoiled ? '  calibration: calibration.jsonl\n' : ''}  evaluation: evaluation.jsonl
  holdback: holdback.jsonl
must:
${scenario.must ?? '  - { metric: accuracy, worse-by-at-most: 5 pp }\n  - { metric: size, better-by-at-least: 20 % }'}
prefer: [size]
weigh: # as little timing as may be: what is tested is the way through
  load/latency: { min-rounds: 6, max-rounds: 6, laps: 1, max-seconds: 1 }
  load/throughput: { min-rounds: 6, max-rounds: 6, laps: 1, max-seconds: 1 }
  load/cold-start: { starts: 3 }
  resources/memory: { processes: 1, calls: 1 }
  resources/cpu: { min-rounds: 6, max-rounds: 6, laps: 1, max-seconds: 1 }
  quality/classification: { replicates: 200 }
  quality/calibration: { replicates: 200 }
  quality/distance: { replicates: 200 }
  fairness/groups: { replicates: 200 }
  robustness/uncommon-words: { replicates: 100 }
budget: { minutes: ${scenario.minutes ?? 0.1} }
${spoiled || scenario.searched === true ? '' : `candidates: ${scenario.candidates ?? '[quantize/dynamic]'}`}
${scenario.more ?? ''}`,
  );
  return { scenario: file, model: path };
};

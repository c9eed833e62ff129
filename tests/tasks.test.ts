import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreRecord } from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { sharedOrSkip } from '../src/testing/shared.ts';
import { createTask, predict } from '../src/weigh/tasks/index.ts';
import { steelyard } from './cli.ts';
import { remove, temporary } from './tiny.ts';

let folder: string;
beforeAll(async () => {
  folder = await temporary();
});
afterAll(() => remove(folder));

const tokens = 40;
const width = 64;
const tags = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
/** The tag that the tagger was made to give a token. */
const tagOf = (token: number): number => (token < 8 ? 0 : token % tags.length);

/** A folder with a tagger of single tokens that is right but for its data's noise: embeddings, a mixing layer, one score per tag. */
const taggerFolder = async (root: string): Promise<void> => {
  const random = seeded(3, 'tagger');
  const normals = (count: number, scale = 1): Float32Array =>
    Float32Array.from({ length: count }, () => random.normal() * scale);
  const table = normals(tokens * width);
  const mixing = normals(width * width, 0.02);
  for (let i = 0; i < width; i++) mixing[i * width + i]! += 1;
  const head = new Float32Array(width * tags.length);
  for (let token = 0; token < tokens; token++)
    for (let i = 0; i < width; i++) head[i * tags.length + tagOf(token)]! += table[token * width + i]! / width;
  const model = parseText(
    `input_ids: int64[N, T]; t = float32[${tokens}, ${width}]{...}; m = float32[${width}, ${width}]{...}; h = float32[${width}, ${tags.length}]{...}
     e = Gather(t, input_ids); x = MatMul(e, m); i = Identity(x); logits = MatMul(i, h)
     -> logits: float32[N, T, ${tags.length}]`,
    {
      tensors: {
        t: tensor('float32', [tokens, width], table),
        m: tensor('float32', [width, width], mixing),
        h: tensor('float32', [width, tags.length], head),
      },
    },
  );
  await mkdir(root, { recursive: true });
  await encodeFile(model, join(root, 'model.onnx'));
  const vocab = Object.fromEntries([
    ...['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map((token, id) => [token, id]),
    ...Array.from({ length: tokens - 4 }, (_, at) => [at + 4 < 36 ? `w${at + 4}` : `##s${at + 4}`, at + 4]),
  ]);
  const special = ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [vocab[token]], tokens: [token] }]);
  const piece = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const single = [piece('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, piece('[SEP]')];
  await writeFile(
    join(root, 'tokenizer.json'),
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'WhitespaceSplit' },
      post_processor: { type: 'TemplateProcessing', single, pair: single, special_tokens: Object.fromEntries(special) },
      decoder: { type: 'WordPiece', prefix: '##' },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    }),
  );
  await writeFile(join(root, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 64 }));
  await writeFile(
    join(root, 'config.json'),
    JSON.stringify({ id2label: Object.fromEntries(tags.map((tag, id) => [String(id), tag])) }),
  );
};

test('a tagger is tuned like a classifier: entities, interval, gate, held-back data, audit', async () => {
  await taggerFolder(join(folder, 'tagger'));
  const random = seeded(4, 'sentences');
  const rows = Array.from({ length: 400 }, (_, at) => {
    const ids = Array.from({ length: 3 + random.integer(5) }, () => 4 + random.integer(32));
    // One word in fifteen is tagged otherwise than the tagger does.
    const wanted = ids.map((id) => tags[random.integer(15) === 0 ? random.integer(tags.length) : tagOf(id)]!);
    const words = ids.map((id, word) => (word % 3 === 2 ? `w${id}s37` : `w${id}`));
    return JSON.stringify({ id: `s${at}`, tokens: words, ner_tags: wanted, style: at % 2 === 0 ? 'long' : 'short' });
  });
  await writeFile(join(folder, 'sentences.jsonl'), rows.join('\n'));
  const scenario = join(folder, 'tagger.yaml');
  await writeFile(
    scenario,
    `name: tagger
model: tagger
task: { type: token-classification }
data:
  columns: { id: id, groups: [style] }
  evaluation: sentences.jsonl
must:
  - { metric: entity-f1, worse-by-at-most: 5 pp }
  - { metric: size, better-by-at-least: 20 % }
prefer: [size]
weigh: # as little timing as may be: what is tested is the way through
  load/latency: { min-rounds: 6, max-rounds: 6, laps: 2, max-seconds: 1 }
  load/throughput: { min-rounds: 6, max-rounds: 6, laps: 2, max-seconds: 1 }
  load/cold-start: { starts: 3 }
  resources/memory: { processes: 1, calls: 1 }
  resources/cpu: { min-rounds: 6, max-rounds: 6, laps: 2, max-seconds: 1 }
  quality/answers: { replicates: 400 }
budget: { minutes: 0.05 }
candidates: [quantize/dynamic, distill/student]
`,
  );
  const out = join(folder, 'run');
  const { out: shown, err, code } = await steelyard(['tune', scenario, '--out', out]);
  expect(err).not.toContain('internal');
  expect(code, shown + err).toBe(0);
  const records = (await readFile(join(out, 'records.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { record: StoreRecord }).record);
  const outcome = records.flatMap((record) =>
    record.kind === 'measure' && record.evaluator === 'quality/answers' ? [record.outcomes['quantize/dynamic']!] : [],
  )[0]!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  const { measurements } = outcome;
  const f1 = measurements.find(({ metric, slice }) => metric === 'entity-f1' && slice === undefined)!;
  expect(f1.value).toBeGreaterThan(0.7);
  expect(f1.value).toBeLessThan(0.99);
  expect(f1).toMatchObject({ samples: 200, versus: { method: expect.stringContaining('paired bootstrap') as string } });
  expect(measurements.map(({ slice }) => slice)).toEqual(
    expect.arrayContaining(['style=long', 'style=short', 'entity=PER', 'entity=LOC']),
  );
  // What learns from class scores says that it cannot.
  const student = records.find((record) => record.kind === 'build' && record.chain.id === 'distill/student');
  expect(student).toMatchObject({
    outcome: { kind: 'refused', refusal: { reason: expect.stringContaining('classes') as string } },
  });
  expect(records.find(({ kind }) => kind === 'choice')).toMatchObject({
    chosen: 'quantize/dynamic',
    confirmation: { verdict: 'pass' },
  });
  expect(await readFile(join(out, 'report.md'), 'utf8')).toContain('Entity F1');
});

const mnist = sharedOrSkip('handwritten digits', 'models', 'mnist-cnn', 'mnist.onnx');
const digits = sharedOrSkip('handwritten digits', 'data', 'mnist', 't10k-images-idx3-ubyte.gz');
const answers = sharedOrSkip('handwritten digits', 'data', 'mnist', 't10k-labels-idx1-ubyte.gz');

test.skipIf(mnist === null || digits === null || answers === null)(
  'a real network reads pictures as its preprocessor_config.json says',
  async () => {
    const root = join(folder, 'digits');
    await mkdir(root);
    await writeFile(
      join(root, 'preprocessor_config.json'),
      '{"do_resize": false, "do_rescale": false, "do_normalize": false}',
    );
    const images = gunzipSync(readFileSync(digits!));
    const labels = gunzipSync(readFileSync(answers!));
    const examples = Array.from({ length: 300 }, (_, at) => ({
      id: String(at),
      image: {
        kind: 'pixels' as const,
        digest: String(at),
        pixels: {
          dtype: 'uint8' as const,
          dims: [28, 28],
          data: Uint8Array.from(images.subarray(16 + at * 784, 16 + (at + 1) * 784)),
        },
      },
      label: String(labels[8 + at]),
      groups: {},
    }));
    const context = createContext({ seed: 1, workFolder: folder });
    const session = await context.open(mnist!);
    try {
      const names = Array.from({ length: 10 }, (_, digit) => String(digit));
      const task = await createTask(
        { id: 'image-classification', labels: names },
        { config: null, tokenizerPath: null, tokenizerConfigPath: null, sidecar: null, root },
        session,
      );
      const { predicted } = await predict(task, session, examples, { batchSize: 8, context });
      const right = examples.filter(({ label }, at) => names[predicted[at]!] === label).length;
      // Published for this network: 98.9 %.
      expect(right / examples.length).toBeGreaterThan(0.97);
    } finally {
      await session.close();
    }
  },
);

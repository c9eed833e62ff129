// What makes a single matrix product faster on this CPU: the laws that techniques rest on; and what ONNX Runtime fuses by itself.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultSessionOptions, parseOptions, type Feeds, type Model } from '../src/contracts/index.ts';
import { techniqueOf } from '../src/engine/build/techniques.ts';
import { createContext } from '../src/engine/run/context.ts';
import { parseText } from '../src/model/graph/index.ts';
import { encodeFile } from '../src/model/onnx/index.ts';
import { tensor } from '../src/model/tensor/index.ts';
import { profileRun } from '../src/runtime/index.ts';
import { seeded } from '../src/statistics/index.ts';
import { openClinc } from './clinc.ts';
import type { Variant } from './latency.ts';
import { timePaired } from './paired.ts';
import { inverse, table, times } from './table.ts';

const [rows, inner, wide] = [128, 768, 3072];
const random = seeded(1, 'laws');
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal() / 28);
const weights = normals(inner * wide);

/** x·w with some of the weights: a matrix of the same inner size. */
const product = (columns: number, keep: (at: number) => boolean = () => true): Model =>
  parseText(`x: float32[N, ${inner}]; w = float32[${inner}, ${columns}] {...}; y = MatMul(x, w)`, {
    tensors: {
      w: tensor(
        'float32',
        [inner, columns],
        weights.slice(0, inner * columns).map((value, at) => (keep(at) ? value : 0)),
      ),
    },
  });

const twoFactors = (rank: number): Model =>
  parseText(
    `x: float32[N, ${inner}]; a = float32[${inner}, ${rank}] {...}; b = float32[${rank}, ${wide}] {...}; h = MatMul(x, a); y = MatMul(h, b)`,
    {
      tensors: {
        a: tensor('float32', [inner, rank], normals(inner * rank)),
        b: tensor('float32', [rank, wide], normals(rank * wide)),
      },
    },
  );

interface Law {
  readonly what: string;
  /** Times as fast, as measured on AVX2 without VNNI; null: nobody said. */
  readonly predicted: string;
  readonly make: () => Promise<Model> | Model;
}

const lawsIn = (folder: string): readonly Law[] => {
  const context = createContext({ seed: 1, workFolder: folder });
  const by = async (id: string, options: Readonly<Record<string, unknown>> = {}): Promise<Model> => {
    const technique = techniqueOf(id);
    return (await technique.apply(product(wide), parseOptions(id, technique.options, options), context)).model;
  };
  return [
    { what: 'three quarters of the columns', predicted: '1.36', make: () => product((wide * 3) / 4) },
    { what: 'half of the columns', predicted: '1.98', make: () => product(wide / 2) },
    { what: 'a quarter of the columns', predicted: '4.26', make: () => product(wide / 4) },
    { what: 'rank 384', predicted: '1.6', make: () => twoFactors(384) },
    { what: 'rank 307', predicted: '2.0', make: () => twoFactors(307) },
    { what: 'rank 192', predicted: '3.3', make: () => twoFactors(192) },
    { what: 'rank 96', predicted: '6.65', make: () => twoFactors(96) },
    { what: 'nine of ten weights zero', predicted: '1.01', make: () => product(wide, (at) => at % 10 === 3) },
    {
      what: 'two of four weights zero',
      predicted: '1',
      make: () => product(wide, (at) => Math.floor(at / wide) % 4 < 2),
    },
    { what: 'dynamic int8', predicted: '1.6 to 2.0 in whole models', make: () => by('quantize/dynamic') },
    { what: '4 bits in blocks of 32', predicted: '0.7 to 1.3', make: () => by('quantize/blockwise') },
  ];
};

const productLaws = async (folder: string): Promise<void> => {
  const laws = lawsIn(folder);
  const variants: Record<string, Variant> = {};
  for (const [at, { what, make }] of [{ what: 'dense', predicted: '', make: () => product(wide) }, ...laws].entries()) {
    const path = join(folder, `law-${at}.onnx`);
    await encodeFile(await make(), path);
    variants[what] = { path };
  }
  const x: Feeds = { x: { dtype: 'float32', dims: [rows, inner], data: normals(rows * inner) } };
  const timed = await timePaired(variants, [x], { maxSeconds: 60 });
  console.log(`[${rows} × ${inner}]·[${inner} × ${wide}], one thread, ${timed.rounds} rounds`);
  if (timed.caveat !== null) console.log(timed.caveat);
  console.log(
    table(
      ['instead of the dense product', 'times as fast', 'predicted'],
      laws.map(({ what, predicted }) => {
        const ratio = timed.ratio(what, 'dense');
        return [what, ratio === null ? timed.failed.get(what)! : times(inverse(ratio)), predicted];
      }),
    ),
  );
};

/** The largest difference of ONNX Runtime's two forms of GELU: with erf, and with tanh as the runtime may put in its place. */
const gelu = async (folder: string): Promise<void> => {
  const context = createContext({ seed: 1, workFolder: folder });
  const session = await context.open(
    parseText('x: float32[N]; exact = com.microsoft.Gelu(x); fast = com.microsoft.FastGelu(x); -> exact, fast'),
  );
  const count = 200_001;
  const data = Float32Array.from({ length: count }, (_, i) => (i - (count - 1) / 2) / 10_000);
  const { outputs } = await session.run({ x: { dtype: 'float32', dims: [count], data } });
  await session.close();
  const [exact, fast] = [outputs['exact']!.data as Float32Array, outputs['fast']!.data as Float32Array];
  let at = 0;
  for (let i = 0; i < count; i++) if (Math.abs(exact[i]! - fast[i]!) > Math.abs(exact[at]! - fast[at]!)) at = i;
  console.log(
    `GELU with tanh against GELU: at most ${Math.abs(exact[at]! - fast[at]!).toExponential(1)} apart, at ${data[at]!.toFixed(2)} (−10 to 10; predicted: 1.1e-3 after four layers)`,
  );
};

const fusedOperators =
  /^(Attention|MultiHeadAttention|SkipLayerNormalization|EmbedLayerNormalization|LayerNormalization|BiasGelu|Gelu|FastGelu|FusedMatMul|FusedGemm)$/;

/** Operators that ONNX Runtime's own optimization leaves in the raw graph of a real model. */
const ownFusions = async (folder: string): Promise<void> => {
  const clinc = await openClinc();
  if (clinc === null) return;
  const found = new Map<string, number>();
  const own = join(folder, 'profile');
  await mkdir(own);
  const { optimized } = await profileRun(clinc.path, {
    folder: own,
    session: { ...defaultSessionOptions, graphOptimization: 'extended' },
    feeds: [clinc.batch(1, 16)],
    seconds: 1,
    large: false,
  });
  for (const { op } of optimized.graph.nodes) if (fusedOperators.test(op)) found.set(op, (found.get(op) ?? 0) + 1);
  const list = [...found].sort(([a], [b]) => a.localeCompare(b)).map(([op, count]) => `${count} ${op}`);
  console.log(
    `ONNX Runtime at level "extended" makes of clinc150-bert: ${list.join(', ')} (predicted: no Attention, no SkipLayerNormalization)`,
  );
};

/** Prints tables; files are removed afterwards. */
export const run = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-laws-'));
  try {
    await gelu(folder);
    await ownFusions(folder);
    await productLaws(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

// What closed-form repair gives back: the CLINC150 classifier cut in several ways, with and without least squares.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseOptions,
  type Context,
  type Example,
  type Feeds,
  type Model,
  type Task,
  type Technique,
} from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { lowRank } from '../src/optimize/factorize/low-rank.ts';
import { layers } from '../src/optimize/prune/layers.ts';
import { structured } from '../src/optimize/prune/structured.ts';
import { ridge } from '../src/optimize/recover/ridge.ts';
import { ask, distances, relativeError } from './answers.ts';
import { openClinc } from './clinc.ts';
import { percent, table } from './table.ts';

type Raw = Readonly<Record<string, unknown>>;

interface Step {
  readonly technique: Technique;
  readonly options: Raw;
}

interface Family {
  readonly name: string;
  /** Cut alone, cut with its own repair, and with all layers fitted to the original afterwards. */
  readonly bare: readonly Step[];
  readonly repaired: readonly Step[] | null;
  /** Said before it was measured. */
  readonly predicted: string;
}

const all = { heads: 1, neurons: 1, width: 1, channels: 1 };
const cut = (shares: Raw, more: Raw = {}): readonly Step[] => [
  { technique: structured, options: { ...all, ...shares, ...more } },
];

const families: readonly Family[] = [
  ...(['random', 'magnitude', 'activation'] as const).map((score): Family => ({
    name: `neurons ½, scored by ${score}`,
    bare: cut({ neurons: 0.5 }, { score, repair: false }),
    repaired: cut({ neurons: 0.5 }, { score }),
    predicted: 'repair at least halves the error; activation best',
  })),
  {
    name: 'neurons ¼',
    bare: cut({ neurons: 0.25 }, { repair: false }),
    repaired: cut({ neurons: 0.25 }),
    predicted: 'repair at least halves the error',
  },
  {
    name: 'neurons ¼ in 4 rounds',
    bare: cut({ neurons: 0.25 }, { repair: false, rounds: 4 }),
    repaired: cut({ neurons: 0.25 }, { rounds: 4 }),
    predicted: 'at least as good as at once',
  },
  {
    name: 'heads ½',
    bare: cut({ heads: 0.5 }, { repair: false }),
    repaired: cut({ heads: 0.5 }),
    predicted: 'repair takes a quarter of the error away',
  },
  {
    name: 'width ½',
    bare: cut({ width: 0.5 }, { repair: false }),
    repaired: cut({ width: 0.5 }),
    predicted: 'useless without, usable with',
  },
  {
    name: 'layers ¾',
    bare: [{ technique: layers, options: { keep: 0.75, repair: 'none' } }],
    repaired: [{ technique: layers, options: { keep: 0.75 } }],
    predicted: 'repair takes a quarter of the error away',
  },
  {
    name: 'low rank, whitened',
    bare: [{ technique: lowRank, options: {} }],
    repaired: null,
    predicted: 'fitting takes a part of the error away',
  },
];

const batchesOf = (task: Task, examples: readonly Example[]): readonly Feeds[] => {
  const ordered = examples.toSorted((a, b) => (a.text?.length ?? 0) - (b.text?.length ?? 0));
  return Array.from(
    { length: Math.ceil(ordered.length / 8) },
    (_, at) => task.encode(ordered.slice(at * 8, at * 8 + 8)).feeds,
  );
};

/** Prints, for each way of cutting, the error of the scores on held-out texts and the accuracy: alone, repaired, and fitted to the original.
 *  `STEELYARD_BENCH_TEXTS` and `STEELYARD_BENCH_CALIBRATION` set the numbers of texts. */
export const run = async (): Promise<void> => {
  const texts = Number(process.env['STEELYARD_BENCH_TEXTS'] ?? 1500);
  const rows = Number(process.env['STEELYARD_BENCH_CALIBRATION'] ?? 1024);
  const only = process.env['STEELYARD_BENCH_ONLY'] ?? '';
  const clinc = await openClinc('model.onnx', rows);
  if (clinc === null) {
    console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-repair-'));
  try {
    const original = await decodeFile(clinc.path);
    const batches = batchesOf(clinc.task, clinc.calibration);
    const context: Context = {
      ...createContext({
        seed: 1,
        workFolder: folder,
        calibration: async function* calibration() {
          yield* batches;
        },
      }),
      original,
    };
    const test = clinc.test.filter((_, i) => i % Math.ceil(clinc.test.length / texts) === 0);
    const answersOf = async (model: Model) => {
      const path = join(folder, 'version.onnx');
      await encodeFile(model, path);
      const answers = await ask({ path }, clinc.task, test);
      rmSync(path);
      return answers;
    };
    const reference = await answersOf(original);
    const rightOf = (predicted: Awaited<ReturnType<typeof answersOf>>): number =>
      test.filter(({ label }, i) => predicted.labels[predicted.predicted[i]!] === label).length / test.length;
    const built = async (steps: readonly Step[]): Promise<Model> => {
      let model = original;
      for (const { technique, options } of steps)
        model = (await technique.apply(model, parseOptions(technique.id, technique.options, options), context)).model;
      return model;
    };
    const measured = async (model: Model): Promise<string> => {
      const answers = await answersOf(model);
      return `${relativeError(distances(reference, answers)).toFixed(3)} · ${percent(rightOf(answers))}`;
    };
    console.log(
      `scores of ${test.length} held-out texts: relative error · accuracy (original: ${percent(rightOf(reference))}); ${rows} calibration texts`,
    );
    const lines: string[][] = [];
    for (const { name, bare, repaired, predicted } of families.filter((one) => one.name.includes(only))) {
      const alone = await built(bare);
      const whole = repaired === null ? alone : await built(repaired);
      const fitted = await ridge.apply(whole, parseOptions(ridge.id, ridge.options, {}), context);
      lines.push([
        name,
        await measured(alone),
        repaired === null ? '–' : await measured(whole),
        await measured(fitted.model),
        predicted,
      ]);
      console.log(`  ${lines.at(-1)!.join(' | ')}`);
    }
    console.log(table(['cut', 'alone', 'repaired', 'and fitted (recover/ridge)', 'predicted'], lines));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

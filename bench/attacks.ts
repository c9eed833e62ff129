// Attacks on the CLINC150 classifier and its int8 version: seconds, queries per second, accuracy under attack.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultSessionOptions,
  parseOptions,
  type Context,
  type Example,
  type Predictions,
  type Subject,
  type SubjectOutcome,
  type Trial,
} from '../src/contracts/index.ts';
import { findModel } from '../src/engine/run/baseline.ts';
import { createContext } from '../src/engine/run/context.ts';
import { tokenGradients } from '../src/engine/measure/token-gradients.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { dynamic } from '../src/optimize/quantize/dynamic.ts';
import { attacks, recipes } from '../src/weigh/robustness/attack/index.ts';
import { predict } from '../src/weigh/tasks/index.ts';
import { openClinc, type Clinc } from './clinc.ts';
import { percent, table } from './table.ts';

const items = Number(process.env['STEELYARD_BENCH_TEXTS'] ?? 100);

const predicted = [
  'pruthi asks the most texts; hotflip breaks the most items (any word may stand for any)',
  'invisible characters break nothing: this tokenizer drops them',
  'int8 is as robust as float32 within the interval; transfer accuracy is above accuracy under attack, but below 60 %',
  'the default attacks on 100 texts and two versions take under 5 minutes on one core',
];

const subjectOf = (id: string, path: string, context: Context): Subject => ({
  id,
  digest: path,
  sessionOptions: defaultSessionOptions,
  files: [{ path, sizeBytes: statSync(path).size }],
  open: () => context.open(path, defaultSessionOptions),
});

/** A trial whose answers are remembered for as long as the process lives. */
const trialOf = (clinc: Clinc, subjects: readonly [Subject, Subject], context: Context): Trial => {
  const known = new Map<string, Promise<Predictions>>();
  const ask = async (subject: Subject, examples: readonly Example[]): Promise<Predictions> => {
    const session = await subject.open();
    try {
      return await predict(clinc.task, session, examples, { batchSize: 1, context });
    } finally {
      await session.close();
    }
  };
  const examples = clinc.test.filter((_, at) => at % 9 === 0);
  return {
    task: clinc.task,
    baseline: subjects[0],
    candidates: [subjects[1]],
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: (subject) => known.get(subject.id) ?? known.set(subject.id, ask(subject, examples)).get(subject.id)!,
    ask,
    reference: [],
    outOfScope: [],
    gradients: async () => {
      const { model, folder } = await findModel(clinc.path);
      return tokenGradients(model, folder, clinc.task, context)();
    },
  };
};

const read = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string, metric: string): string => {
  const outcome = outcomes.get(id);
  if (outcome?.kind !== 'measured') return outcome?.message ?? '–';
  const found = outcome.measurements.find((one) => one.metric === metric);
  if (found === undefined) return '–';
  if (found.unit !== 'proportion') return found.value.toFixed(1);
  const versus = found.versus === undefined ? '' : ` (${percent(found.versus.low)} to ${percent(found.versus.high)})`;
  return `${percent(found.value)}${versus}`;
};

/** Prints, for each attack, the time on both versions, queries per second, and what was left of the accuracy.
 *  `STEELYARD_BENCH_TEXTS` sets the number of texts. */
export const run = async (): Promise<void> => {
  const clinc = await openClinc();
  if (clinc === null) {
    console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
    return;
  }
  console.log(`predicted: ${predicted.join('; ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-attacks-'));
  try {
    let asked = 0;
    const context: Context = {
      ...createContext({ seed: 1, workFolder: folder }),
      progress: ({ label, detail = '' }) => {
        if (label.startsWith('attacking')) asked = Number(detail.replace(/\D/g, ''));
      },
    };
    const path = join(folder, 'int8.onnx');
    const { model } = await dynamic.apply(
      await decodeFile(clinc.path),
      parseOptions(dynamic.id, dynamic.options, {}),
      context,
    );
    await encodeFile(model, path);
    const subjects = [subjectOf('float32', clinc.path, context), subjectOf('int8', path, context)] as const;
    const trial = trialOf(clinc, subjects, context);
    for (const subject of subjects) await trial.predictions(subject);
    const lines: string[][] = [];
    let all = 0;
    for (const { id } of recipes) {
      // Neighbors from embeddings that were taught by this task alone are noise: any cosine counts, for the time it takes.
      const given = { attacks: [id], examples: items, cosine: 0.2 };
      const options = parseOptions(attacks.id, attacks.options, given);
      const times: number[] = [];
      const queries: number[] = [];
      for (const one of subjects) {
        const started = performance.now();
        await attacks.evaluate({ ...trial, baseline: one, candidates: [] }, options, context);
        times.push((performance.now() - started) / 1000);
        queries.push(asked);
      }
      const started = performance.now();
      const outcomes = await attacks.evaluate(trial, options, context);
      all += (performance.now() - started) / 1000;
      lines.push([
        id,
        `${times[0]!.toFixed(1)} s`,
        `${Math.round(queries[0]! / times[0]!)}/s`,
        `${times[1]!.toFixed(1)} s`,
        `${Math.round(queries[1]! / times[1]!)}/s`,
        read(outcomes, 'float32', id === 'input-reduction' ? 'words-left' : 'accuracy-under-attack'),
        read(outcomes, 'int8', id === 'input-reduction' ? 'words-left' : 'accuracy-under-attack'),
        read(outcomes, 'int8', 'transfer-accuracy'),
        read(outcomes, 'int8', 'robust-accuracy-best-known'),
      ]);
    }
    const head = [
      'attack',
      'float32',
      'queries',
      'int8',
      'queries',
      'float32',
      'int8 (Δ)',
      'transfer (Δ)',
      'best known (Δ)',
    ];
    console.log(table(head, lines));
    console.log(`all attacks on both versions: ${all.toFixed(0)} s for ${items} texts`);
    const started = performance.now();
    const outcomes = await attacks.evaluate(
      trial,
      parseOptions(attacks.id, attacks.options, { examples: items }),
      context,
    );
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `the default attacks together: ${seconds.toFixed(0)} s; best known robust accuracy ${read(outcomes, 'float32', 'robust-accuracy-best-known')} and ${read(outcomes, 'int8', 'robust-accuracy-best-known')}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

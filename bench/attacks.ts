// Attacks on the CLINC150 classifier and its int8 version: seconds, queries per second, accuracy under attack.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, type Context, type SubjectOutcome } from '../src/contracts/index.ts';
import { tokenGradients } from '../src/engine/measure/token-gradients.ts';
import { findModel } from '../src/engine/run/baseline.ts';
import { createContext } from '../src/engine/run/context.ts';
import { attacks, recipes } from '../src/weigh/robustness/attack/index.ts';
import { openClinc } from './clinc.ts';
import { clincTrial } from './clinc-trial.ts';
import { percent, table } from './table.ts';

const items = Number(process.env['STEELYARD_BENCH_TEXTS'] ?? 100);

const predicted = [
  'pruthi asks the most texts; hotflip breaks the most items (any word may stand for any)',
  'invisible characters break nothing: this tokenizer drops them',
  'int8 is as robust as float32 within the interval; transfer accuracy is above accuracy under attack, but below 60 %',
  'the default attacks on 100 texts and two versions take under 5 minutes on one core',
];

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
    const { trial } = await clincTrial(clinc, {
      examples: clinc.test.filter((_, at) => at % 9 === 0),
      batchSize: 1,
      gradients: async () => {
        const { model, folder: files } = await findModel(clinc.path);
        return tokenGradients(model, files, clinc.task, context)();
      },
      folder,
      context,
    });
    const lines: string[][] = [];
    let all = 0;
    for (const { id } of recipes) {
      // Neighbors from embeddings that were taught by this task alone are noise: any cosine counts, for the time it takes.
      const given = { attacks: [id], examples: items, cosine: 0.2 };
      const options = parseOptions(attacks.id, attacks.options, given);
      const times: number[] = [];
      const queries: number[] = [];
      for (const one of [trial.baseline, ...trial.candidates]) {
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

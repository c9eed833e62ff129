// Robustness on the CLINC150 classifier and its int8 version: seconds, questions asked, questions per second, and what comes out.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseOptions,
  type Context,
  type Evaluator,
  type Measurement,
  type Options,
  type OptionsSpec,
  type Random,
  type Trial,
} from '../src/contracts/index.ts';
import { createContext } from '../src/engine/run/context.ts';
import { pBelow, seeded } from '../src/statistics/index.ts';
import { robustness } from '../src/weigh/robustness/index.ts';
import { robustnessLoss } from '../src/weigh/robustness/measures.ts';
import { perturbations, plainSetting } from '../src/weigh/robustness/perturb/index.ts';
import { drawItems } from '../src/weigh/robustness/resample.ts';
import type { Outcome } from '../src/weigh/robustness/variants.ts';
import { openClinc } from './clinc.ts';
import { clincTrial, type Asked } from './clinc-trial.ts';

/** STEELYARD_BENCH_EXAMPLES: a shorter run; the evaluators' own default is 500. */
const most = Number(process.env['STEELYARD_BENCH_EXAMPLES'] ?? 500);

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const line = ({ metric, slice, unit, value, versus }: Measurement): string => {
  const plain = (one: number): string => one.toFixed(3);
  const shown = unit === 'proportion' ? percent : plain;
  const change = versus?.kind === 'ratio' ? plain : percent;
  const against =
    versus === undefined ? '' : `   ${change(versus.value)} [${change(versus.low)}, ${change(versus.high)}]`;
  return `    ${(slice === undefined ? metric : `${metric}, ${slice}`).padEnd(44)} ${shown(value).padStart(8)}${against}`;
};

const weigh = async <S extends OptionsSpec>(
  evaluator: Evaluator<S>,
  wanted: Readonly<Record<string, unknown>>,
  trial: Trial,
  asked: Asked,
  context: Context,
): Promise<void> => {
  Object.assign(asked, { questions: 0, seconds: 0 } satisfies Asked);
  const started = performance.now();
  const options = parseOptions(evaluator.id, evaluator.options, wanted) as Options<S>;
  const outcomes = await evaluator.evaluate(trial, options, context);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `  ${evaluator.id}: ${seconds.toFixed(1)} s for two versions; ${asked.questions.toLocaleString('en-US')} questions` +
      (asked.questions === 0
        ? ''
        : `, ${(asked.questions / asked.seconds).toFixed(0)} a second; all else ${(seconds - asked.seconds).toFixed(1)} s`),
  );
  const outcome = outcomes.get('int8')!;
  if (outcome.kind === 'failed') throw new Error(outcome.message);
  for (const one of outcome.measurements)
    if (one.slice === undefined || one.metric === 'robustness-loss' || one.metric === 'typo-accuracy')
      console.log(line(one));
};

const [kindsSimulated, itemsSimulated, experiments, margin] = [3, 500, 2000, 0.02];

/** Two made-up versions whose true difference in differences is `margin`: B loses 2 % of A's right answers without any change, and under each
 *  change as many more as it takes. */
const experiment = (random: Random): readonly [own: Outcome, baseline: Outcome] => {
  const [clean, hit, lost] = [0.92, 0.06, 0.02];
  // clean·(1 − lost)·(1 − (1 − hit)·(1 − more)) − clean·hit = margin, solved for `more`.
  const more = 1 - (1 - (margin + clean * hit) / (clean * (1 - lost))) / (1 - hit);
  const bits = () => new Uint8Array(itemsSimulated);
  const empty = (): Outcome => ({
    clean: bits(),
    kinds: Array.from({ length: kindsSimulated }, () => ({ right: bits(), kept: bits() })),
  });
  const [own, baseline] = [empty(), empty()];
  for (let item = 0; item < itemsSimulated; item++) {
    if (random.next() >= clean) continue;
    const keeps = random.next() >= lost;
    baseline.clean[item] = 1;
    own.clean[item] = keeps ? 1 : 0;
    for (let kind = 0; kind < kindsSimulated; kind++) {
      if (random.next() < hit) continue;
      baseline.kinds[kind]!.right[item] = 1;
      own.kinds[kind]!.right[item] = keeps && random.next() >= more ? 1 : 0;
    }
  }
  return [own, baseline];
};

/** Coverage of the interval of the difference in differences, and how often a gate at the true margin claims "not worse". */
const simulate = (): void => {
  const draws = drawItems(itemsSimulated, 1000, seeded(1, 'draws'));
  const variants = { rows: [], truth: new Int32Array(), asked: [], kinds: [] };
  let [covered, claimed] = [0, 0];
  for (let run = 0; run < experiments; run++) {
    const [own, baseline] = experiment(seeded(run, 'experiment'));
    const { versus, samples } = robustnessLoss(own, baseline, { variants, draws, confidence: 0.95 })[0]!;
    if (versus!.low <= margin && versus!.high >= margin) covered += 1;
    if (pBelow(versus!, margin, samples) <= 0.05) claimed += 1;
  }
  console.log(
    `  difference in differences, ${experiments.toLocaleString('en-US')} simulated experiments of ${itemsSimulated} texts and ${kindsSimulated} kinds, truly worse by the margin of 2 points`,
  );
  console.log(`    the 95 % interval holds the truth: ${percent(covered / experiments)} (predicted: 93 to 97 %)`);
  console.log(
    `    the gate claims "not worse": ${percent(claimed / experiments)} (predicted: at most 6 %; a percentile bootstrap is a little too sure)`,
  );
};

/** Prints prediction and measurement; files are removed afterwards. */
export const run = async (): Promise<void> => {
  simulate();
  const clinc = await openClinc();
  if (clinc === null) {
    console.log('skipped: ../shared/models/clinc150-bert or ../shared/data/clinc150 is not there');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-robustness-'));
  try {
    const context = createContext({ seed: 1, workFolder: folder });
    const { trial, asked } = await clincTrial(clinc, {
      examples: clinc.test.slice(0, most),
      batchSize: 8,
      reference: clinc.calibration,
      folder,
      context,
    });
    console.log(
      `CLINC150, ${trial.examples.length} texts, float32 and int8 (predicted: every evaluator under 5 minutes on two cores)`,
    );
    const [uncommon, typos, kinds] = robustness;
    await weigh(uncommon, {}, trial, asked, context);
    await weigh(typos, { examples: most }, trial, asked, context);
    await weigh(kinds, { examples: most }, trial, asked, context);
    console.log(
      '  texts changed per second, one core (predicted: above 2,000 for every perturbation but the long inputs)',
    );
    const texts = trial.examples.map(({ text }) => text!);
    const speeds = perturbations
      .filter(({ needs }) => needs === undefined)
      .map((one) => {
        const random = context.random(one.id);
        const usual = parseOptions(one.id, one.options);
        const started = performance.now();
        for (const text of texts) one.apply(text, usual, random, plainSetting);
        return { id: one.id, speed: (1000 * texts.length) / (performance.now() - started) };
      })
      .toSorted((a, b) => a.speed - b.speed);
    for (const { id, speed } of speeds.slice(0, 3))
      console.log(`    ${id.padEnd(20)} ${Math.round(speed).toLocaleString('en-US')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

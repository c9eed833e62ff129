import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultSessionOptions,
  isSteelyardError,
  parseOptions,
  tooFew,
  type Context,
  type Example,
  type Measurement,
  type Predictions,
  type Subject,
  type Trial,
} from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText } from '../../model/graph/index.ts';
import { speedOnly } from '../load/speed-only.ts';
import { createTask, predict } from '../tasks/index.ts';
import { classification } from './classification.ts';
import { flips } from './flips.ts';

const labels = ['left', 'right', 'up'];
const model = (...weights: number[]) =>
  parseText(
    `x: float32[N, 2]; w = float32[2, 3] {${weights.map((one) => one.toFixed(2)).join(', ')}}; y = MatMul(x, w); -> y: float32[N, 3]`,
  );

let folder: string;
let context: Context;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-quality-'));
  context = createContext({ seed: 5, workFolder: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const subject = (id: string, ...weights: number[]): Subject => ({
  id,
  digest: id,
  sessionOptions: defaultSessionOptions,
  files: [],
  open: () => context.open(model(...weights)),
});
const baseline = subject('baseline', 1, 0, -1, 0, 1, 1);
const twin = subject('twin', 2, 0, -2, 0, 2, 2);
const worse = subject('worse', 1, 0, -1, 0, 1, 3);

/** Points on a circle; the label is what the baseline says, but for every tenth. */
const examples: Example[] = Array.from({ length: 300 }, (_, at) => {
  const angle = (at * 2.399963) % (2 * Math.PI);
  const point = [Math.cos(angle), Math.sin(angle)] as const;
  const scores = [point[0], point[1], point[1] - point[0]];
  const best = scores.indexOf(Math.max(...scores));
  return {
    id: String(at + 1),
    tensors: { x: { dtype: 'float64', dims: [2], data: Float64Array.from(point) } },
    label: at % 50 === 49 ? null : labels[at % 10 === 0 ? (best + 1) % 3 : best]!,
    groups: { style: at < 20 ? 'rare' : at % 2 === 0 ? 'even' : 'odd' },
  };
});

const trialOf = async (some: readonly Example[], candidates: readonly Subject[]): Promise<Trial> => {
  const session = await baseline.open();
  const files = { config: null, sidecar: { labels }, tokenizerPath: null, tokenizerConfigPath: null };
  const task = await createTask({ id: 'tensor-classification' }, files, session);
  await session.close();
  const known = new Map<string, Promise<Predictions>>();
  const ask = async (one: Subject): Promise<Predictions> => {
    const opened = await one.open();
    try {
      return await predict(task, opened, some, { batchSize: 64, context });
    } finally {
      await opened.close();
    }
  };
  return {
    ...speedOnly,
    task,
    baseline,
    candidates,
    examples: some,
    groups: ['style'],
    confidence: 0.95,
    price: null,
    batchSize: 1,
    predictions: (one) => known.get(one.id) ?? known.set(one.id, ask(one)).get(one.id)!,
  };
};

const measured = (outcomes: ReadonlyMap<string, unknown>, id: string): readonly Measurement[] => {
  const outcome = outcomes.get(id) as { kind: string; measurements: readonly Measurement[] };
  expect(outcome.kind).toBe('measured');
  return outcome.measurements;
};
const find = (all: readonly Measurement[], metric: string, slice?: string): Measurement => {
  const one = all.find((some) => some.metric === metric && some.slice === slice);
  expect(one, `${metric} ${slice ?? ''}`).toBeDefined();
  return one!;
};
const options = parseOptions('quality/classification', classification.options, { replicates: 400 });

test('weighs every version on the same rows, with intervals and paired evidence', async () => {
  const trial = await trialOf(examples, [twin, worse]);
  const outcomes = await classification.evaluate(trial, options, context);
  const own = measured(outcomes, 'baseline');
  const accuracy = find(own, 'accuracy');
  // 300 rows, 6 without a label; one in ten of the labelled ones is wrong on purpose.
  expect(accuracy).toMatchObject({ samples: 294, unit: 'proportion', value: 264 / 294 });
  expect(accuracy.versus).toBeUndefined();
  expect(accuracy.low).toBeLessThan(accuracy.value);
  expect(accuracy.refused).toEqual([tooFew('style=rare', 20)]);
  for (const metric of ['f1-macro', 'f1-weighted', 'matthews']) {
    const one = find(own, metric);
    expect(one.low).toBeLessThan(one.value);
    expect(one.high).toBeGreaterThan(one.value);
  }

  const same = measured(outcomes, 'twin');
  expect(find(same, 'accuracy').versus).toMatchObject({
    value: 0,
    evidence: { kind: 'pairs', onlyBaselineRight: 0, onlyCandidateRight: 0 },
  });
  expect(find(same, 'f1-macro').versus).toMatchObject({ value: 0, low: 0, high: 0, evidence: { kind: 'bootstrap' } });

  const less = measured(outcomes, 'worse');
  const versus = find(less, 'accuracy').versus!;
  const evidence = versus.evidence as {
    bothRight: number;
    onlyBaselineRight: number;
    onlyCandidateRight: number;
    bothWrong: number;
  };
  expect(evidence.bothRight + evidence.onlyBaselineRight + evidence.onlyCandidateRight + evidence.bothWrong).toBe(294);
  expect(versus.value).toBeCloseTo((evidence.onlyCandidateRight - evidence.onlyBaselineRight) / 294, 12);
  expect(versus.high).toBeLessThan(0);
  expect(find(less, 'f1-macro').versus!.high).toBeLessThan(0);
  expect(find(less, 'accuracy', 'style=even').versus!.evidence.kind).toBe('pairs');
  expect(less.some(({ slice }) => slice === 'style=rare')).toBe(false);
});

test('the same seed gives the same numbers', async () => {
  const trial = await trialOf(examples, [worse]);
  const [one, two] = [
    await classification.evaluate(trial, options, context),
    await classification.evaluate(trial, options, context),
  ];
  expect(one).toEqual(two);
});

test('reports a suspected label swap', async () => {
  const swapped = examples.map((example) => ({
    ...example,
    label: example.label === 'left' ? 'right' : example.label === 'right' ? 'left' : example.label,
  }));
  const turned = swapped.filter(({ label }) => label !== 'up');
  const outcomes = await classification.evaluate(await trialOf(turned, []), options, context);
  expect(find(measured(outcomes, 'baseline'), 'accuracy').caveat).toContain('suspected label swap');
});

test('a version that fails is its own outcome; labels that nobody knows end the trial', async () => {
  const broken: Subject = { ...twin, id: 'broken', open: () => context.open(join(folder, 'nowhere.onnx')) };
  const outcomes = await classification.evaluate(await trialOf(examples, [broken, twin]), options, context);
  expect(outcomes.get('broken')).toMatchObject({ kind: 'failed', code: 'runtime/load' });
  expect(outcomes.get('twin')).toMatchObject({ kind: 'measured' });
  const strange = examples.map((example, at) => (at === 7 ? { ...example, label: 'down' } : example));
  await expect(
    trialOf(strange, []).then((trial) => classification.evaluate(trial, options, context)),
  ).rejects.toSatisfy(isSteelyardError);
  const none = examples.map((example) => ({ ...example, label: null }));
  await expect(
    trialOf(none, []).then((trial) => classification.evaluate(trial, options, context)),
  ).rejects.toMatchObject({ code: 'quality/unlabelled' });
});

test('flips: changes against the original, with the original’s own floor', async () => {
  const trial = await trialOf(examples, [twin, worse]);
  const outcomes = await flips.evaluate(trial, parseOptions('quality/flips', flips.options, {}), context);
  expect(find(measured(outcomes, 'baseline'), 'flips')).toMatchObject({ value: 0, low: 0, samples: 300 });
  expect(find(measured(outcomes, 'twin'), 'flips')).toMatchObject({ value: 0, samples: 300 });
  const less = measured(outcomes, 'worse');
  const quality = await classification.evaluate(trial, options, context);
  const { evidence } = find(measured(quality, 'worse'), 'accuracy').versus!;
  const pairs = evidence as { onlyBaselineRight: number; onlyCandidateRight: number };
  expect(find(less, 'harmed').value).toBeCloseTo(pairs.onlyBaselineRight / 294, 12);
  expect(find(less, 'helped').value).toBeCloseTo(pairs.onlyCandidateRight / 294, 12);
  expect(find(less, 'flips').value).toBeGreaterThanOrEqual(find(less, 'harmed').value);
});

test('flips needs no labels', async () => {
  const trial = await trialOf(
    examples.map((example) => ({ ...example, label: null })),
    [worse],
  );
  const all = measured(await flips.evaluate(trial, parseOptions('quality/flips', flips.options, {}), context), 'worse');
  expect(all.map(({ metric }) => metric)).toEqual(['flips']);
});

test('stops when it is cancelled', async () => {
  const stop = new AbortController();
  const cancelled = createContext({ seed: 5, workFolder: folder, signal: stop.signal });
  const trial = await trialOf(examples, [worse]);
  stop.abort();
  await expect(classification.evaluate(trial, options, cancelled)).rejects.toThrow();
});

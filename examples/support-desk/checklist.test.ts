import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defaultSessionOptions, parseOptions, type Subject, type Trial } from '../../src/contracts/index.ts';
import { findModel } from '../../src/engine/run/baseline.ts';
import { createContext } from '../../src/engine/run/context.ts';
import { readExamples } from '../../src/data/index.ts';
import { checklist } from '../../src/weigh/robustness/checklist/checklist.ts';
import { casesOf } from '../../src/weigh/robustness/checklist/cases.ts';
import { readSuite } from '../../src/weigh/robustness/checklist/parse.ts';
import { createTask, predict } from '../../src/weigh/tasks/index.ts';

const here = import.meta.dirname;
const suite = join(here, 'checklist.yaml');

const trialOf = async (context: ReturnType<typeof createContext>): Promise<Trial> => {
  const { folder, model } = await findModel(join(here, 'model'));
  const task = await createTask({ id: 'text-classification' }, folder, {
    inputs: model.graph.inputs,
    outputs: model.graph.outputs,
  });
  const path = join(here, 'model', 'onnx', 'model.onnx');
  const baseline: Subject = {
    id: 'baseline',
    digest: 'baseline',
    sessionOptions: defaultSessionOptions,
    files: [],
    open: () => context.open(path),
  };
  const columns = { id: 'id', text: 'text', label: 'intent', groups: [] };
  const { examples } = await readExamples({ path: 'data/validation.jsonl', columns }, here, {
    taskKind: 'text-classification',
  });
  return {
    task,
    baseline,
    candidates: [],
    examples,
    groups: [],
    confidence: 0.95,
    price: null,
    batchSize: 16,
    predictions: () => Promise.reject(new Error('only the checklist is asked')),
    ask: async (subject, some) => {
      const session = await subject.open();
      try {
        return await predict(task, session, some, { batchSize: 16, context });
      } finally {
        await session.close();
      }
    },
    reference: [],
    outOfScope: [],
  };
};

test('at least eight tests with 150 cases, of which the model passes most', async () => {
  const workFolder = await mkdtemp(join(tmpdir(), 'steelyard-checklist-'));
  onTestFinished(() => rm(workFolder, { recursive: true, force: true }));
  const context = createContext({ seed: 7, workFolder });
  const trial = await trialOf(context);
  const tests = await readSuite(suite, trial.task.labels);
  expect(tests.tests.length).toBeGreaterThanOrEqual(8);
  expect(new Set(tests.tests.map(({ type }) => type)).size).toBe(3);
  const cases = casesOf(tests, trial, context);
  expect(cases.flat().length).toBeGreaterThanOrEqual(150);
  const outcomes = await checklist.evaluate(trial, parseOptions(checklist.id, checklist.options, { suite }), context);
  const outcome = outcomes.get('baseline')!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  const of = (slice?: string) =>
    outcome.measurements.find((one) => one.metric === 'checklist-failures' && one.slice === slice)!;
  expect(of().value).toBeLessThan(0.25);
  for (const { name } of tests.tests) expect(of(`test=${name}`), name).toBeDefined();
});

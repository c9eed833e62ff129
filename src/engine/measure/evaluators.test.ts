import { expect, test } from 'vitest';
import { defaultSearch, type Scenario, type Task } from '../../contracts/index.ts';
import { evaluatorsOf, ofAnswers } from './evaluators.ts';

const scenario = (more: Partial<Scenario> = {}): Scenario => ({
  name: 'test',
  model: 'model',
  task: { id: 'text-classification' },
  data: { evaluation: { path: 'data.jsonl', columns: { groups: [] } }, holdback: { share: 0.5 } },
  traffic: { batchSize: 1 },
  session: {},
  price: null,
  must: [],
  prefer: ['latency-p50'],
  weigh: {},
  budget: { minutes: 1 },
  confidence: 0.95,
  seed: 1,
  candidates: null,
  search: defaultSearch,
  target: null,
  ...more,
});
const task = { id: 'text-classification', labels: ['a', 'b'] } as unknown as Task;
const ids = async (more: Partial<Scenario> = {}): Promise<string[]> =>
  (await evaluatorsOf(scenario(more), '.', task)).map(({ evaluator }) => evaluator.id);

test('what always runs, and nothing that the scenario has no price for', async () => {
  const always = await ids();
  expect(always).toContain('quality/classification');
  expect(always).not.toContain('cost/requests');
  expect(await ids({ price: { perHour: 1, currency: 'EUR', cores: 2 } })).toContain('cost/requests');
});

test('a metric that cannot be measured is refused where it is named', async () => {
  await expect(ids({ prefer: ['cost'] })).rejects.toMatchObject({ code: 'scenario/needs' });
});

test('options are checked, and an unknown evaluator is named with what was probably meant', async () => {
  const asked = await evaluatorsOf(scenario({ weigh: { 'quality/flips': { floorExamples: 20 } } }), '.', task);
  expect(asked.find(({ evaluator }) => evaluator.id === 'quality/flips')?.options).toEqual({ floorExamples: 20 });
  await expect(ids({ weigh: { 'quality/flips': { floorExamples: -1 } } })).rejects.toMatchObject({
    code: 'usage/option',
  });
  await expect(ids({ weigh: { 'quality/flip': {} } })).rejects.toMatchObject({
    code: 'scenario/evaluator',
    message: expect.stringContaining('"quality/flips"') as string,
  });
});

test('evaluators of answers need no quiet machine', async () => {
  const some = ofAnswers(await evaluatorsOf(scenario(), '.', task)).map(({ evaluator }) => evaluator.id);
  expect(some).toContain('quality/flips');
  expect(some).not.toContain('load/latency');
});

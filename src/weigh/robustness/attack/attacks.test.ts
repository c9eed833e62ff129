import { expect, test } from 'vitest';
import { parseOptions, type Measurement, type SubjectOutcome, type Trial } from '../../../contracts/index.ts';
import { attacks } from './attacks.ts';
import { bagContext, bagGradients, bagTrial, rows, type BagVersion } from './testing/bag.ts';

const vocabulary = ['great', 'film', 'dull', 'nice', 'plot', 'awful', 'loved', 'table'];
const weights = { great: 2, film: -0.3, dull: -2, nice: 1, plot: 0.2, awful: -4, loved: 2 };
const texts = [
  'great film',
  'nice plot',
  'loved the film',
  'great nice plot',
  'dull film',
  'loved great film',
  'nice',
  '',
];
const versions: readonly BagVersion[] = [
  { id: 'baseline', weights },
  { id: 'same', weights },
  { id: 'sturdy', weights, bias: 3 },
  { id: 'own words', weights, vocabulary: ['loved', 'great', 'nice', 'film'] },
];
const trialOf = (more: Partial<Trial> = {}, some = versions): Trial => bagTrial(vocabulary, some, rows(texts), more);
const run = (trial: Trial, given = {}, context = bagContext()) =>
  attacks.evaluate(
    trial,
    parseOptions(attacks.id, attacks.options, { attacks: ['deepwordbug', 'input-reduction'], ...given }),
    context,
  );
const of = (outcomes: ReadonlyMap<string, SubjectOutcome>, id: string, metric: string, slice?: string): Measurement => {
  const outcome = outcomes.get(id)!;
  if (outcome.kind !== 'measured') throw new Error(outcome.message);
  return outcome.measurements.find((one) => one.metric === metric && one.slice === slice)!;
};

test('every version on the items that it and the original answer rightly', async () => {
  const outcomes = await run(trialOf());
  expect([...outcomes.keys()]).toEqual(['baseline', 'same', 'sturdy', 'own words']);
  // "dull film" and the empty text are wrong before any attack.
  const own = of(outcomes, 'baseline', 'accuracy-under-attack');
  expect(own.samples).toBe(6);
  expect(own.caveat).toContain('2 items are skipped, answered wrongly before any attack: row 4, row 7');
  expect(own.versus).toBeUndefined();
  expect(of(outcomes, 'sturdy', 'accuracy-under-attack').samples).toBe(6);
});

test('the same model is broken by the same texts', async () => {
  const outcomes = await run(trialOf());
  for (const metric of ['accuracy-under-attack', 'transfer-accuracy', 'robust-accuracy-best-known']) {
    const [before, after] = [of(outcomes, 'baseline', metric), of(outcomes, 'same', metric)];
    expect(after.value).toBe(before.value);
    expect(after.versus).toMatchObject({ value: 0, evidence: { onlyBaselineRight: 0, onlyCandidateRight: 0 } });
  }
  expect(of(outcomes, 'baseline', 'accuracy-under-attack').value).toBeLessThan(1);
});

test('a version that stays right where the original breaks is more robust: transfer and adaptive', async () => {
  const outcomes = await run(trialOf());
  expect(of(outcomes, 'sturdy', 'transfer-accuracy').value).toBe(1);
  const adaptive = of(outcomes, 'sturdy', 'accuracy-under-attack', 'attack=deepwordbug');
  expect(adaptive.value).toBe(1);
  expect(adaptive.versus!.value).toBe(
    1 - of(outcomes, 'baseline', 'accuracy-under-attack', 'attack=deepwordbug').value,
  );
  expect(adaptive.caveat).toBe('0 succeeded, 6 failed, 2 skipped');
  // "sturdy" never says no, so no word is needed but one.
  expect(of(outcomes, 'sturdy', 'words-left').value).toBe(1);
});

test('a version with a tokenizer of its own is attacked through it', async () => {
  const outcomes = await run(trialOf());
  // It does not know "plot": "nice plot" and "great nice plot" are still right by "nice".
  expect(of(outcomes, 'own words', 'accuracy-under-attack').samples).toBe(6);
});

test('best known counts the texts of both sides, for both', async () => {
  // Where "film" speaks for yes, a misspelled "film" breaks this version but never the original.
  const other = { id: 'other', weights: { film: 3, nice: 1, loved: 0.1, great: 0.1 } };
  const outcomes = await run(trialOf({}, [versions[0]!, other]));
  const best = of(outcomes, 'other', 'robust-accuracy-best-known');
  const [adaptive, transfer] = [
    of(outcomes, 'other', 'accuracy-under-attack'),
    of(outcomes, 'other', 'transfer-accuracy'),
  ];
  expect(best.value).toBeLessThanOrEqual(Math.min(adaptive.value, transfer.value));
  expect(of(outcomes, 'baseline', 'robust-accuracy-best-known').value).toBeLessThanOrEqual(
    of(outcomes, 'baseline', 'accuracy-under-attack').value,
  );
});

test('a subset of the versions gets the same numbers, and the same seed too', async () => {
  const whole = await run(trialOf());
  const some = await run(trialOf({}, [versions[0]!, versions[2]!]));
  expect(some.get('sturdy')).toEqual(whole.get('sturdy'));
  expect(await run(trialOf())).toEqual(whole);
});

test('answers that depend on their batch are asked as production asks, and say so', async () => {
  const leaky = { id: 'leaky', weights, leak: 0.5 };
  const outcomes = await run(trialOf({ batchSize: 4 }, [versions[0]!, leaky]));
  expect(of(outcomes, 'leaky', 'accuracy-under-attack').caveat).toMatch(/depend on what else is in their batch/);
  const alone = await run(trialOf({ batchSize: 1 }, [versions[0]!, leaky]));
  expect(alone.get('leaky')).toEqual((await run(trialOf({}, [versions[0]!, { ...leaky, leak: 0 }]))).get('leaky'));
});

test('flips along the gradient of the original, judged by each version', async () => {
  const gradients = () => Promise.resolve(bagGradients(vocabulary, weights));
  const outcomes = await run(trialOf({ gradients }), { attacks: ['hotflip'] });
  expect(of(outcomes, 'baseline', 'accuracy-under-attack', 'attack=hotflip').value).toBe(0);
  expect(of(outcomes, 'baseline', 'words-changed', 'attack=hotflip').value).toBeGreaterThan(0);
  expect(of(outcomes, 'sturdy', 'accuracy-under-attack').value).toBeLessThan(1);
});

test('an attack that cannot run is named where its numbers would be', async () => {
  const outcomes = await run(trialOf(), { attacks: ['deepwordbug', 'hotflip'] });
  expect(of(outcomes, 'same', 'accuracy-under-attack').caveat).toContain('hotflip is left out');
  expect(of(outcomes, 'same', 'accuracy-under-attack', 'attack=hotflip')).toBeUndefined();
});

test('nothing to attack is no measurement and no failure', async () => {
  const unlabelled = bagTrial(
    vocabulary,
    versions,
    texts.map((text, at) => ({ id: `${at}`, text, label: null, groups: {} })),
  );
  const said: string[] = [];
  const context = bagContext({ log: (_, message) => said.push(message) });
  const outcomes = await run(unlabelled, {}, context);
  expect([...outcomes.values()]).toEqual(versions.map(() => ({ kind: 'measured', measurements: [] })));
  expect(said.join()).toContain('nothing is attacked');
  const wrong = await run(trialOf({}, [versions[0]!, { id: 'wrong', weights: {}, bias: -1 }]));
  expect(wrong.get('wrong')).toEqual({ kind: 'measured', measurements: [] });
});

test('a version that fails is out by itself; unknown attacks and cancelling end it all', async () => {
  const trial = trialOf({}, versions.slice(0, 2));
  const crashed = Object.assign(new Error('gone'), { code: 'runtime/crashed', name: 'SteelyardError' });
  const { SteelyardError } = await import('../../../contracts/index.ts');
  const candidates = [
    { ...trial.candidates[0]!, open: () => Promise.reject(new SteelyardError(crashed.code, 'gone')) },
  ];
  const outcomes = await run({ ...trial, candidates, predictions: () => trial.predictions(trial.baseline) });
  expect(outcomes.get('same')).toEqual({ kind: 'failed', code: 'runtime/crashed', message: 'gone' });
  expect(outcomes.get('baseline')!.kind).toBe('measured');
  await expect(run(trial, { attacks: ['nothing'] })).rejects.toMatchObject({ code: 'usage/option' });
  await expect(run(trial, {}, bagContext({ signal: AbortSignal.abort() }))).rejects.toThrow();
});

test('the budget is in queries', async () => {
  const outcomes = await run(trialOf(), { maxQueries: 5 });
  const queries = of(outcomes, 'baseline', 'attack-queries', 'attack=deepwordbug');
  expect(queries.value).toBeLessThanOrEqual(5);
  expect(of(outcomes, 'sturdy', 'accuracy-under-attack', 'attack=deepwordbug').caveat).toContain(
    'ended by the limit of queries',
  );
});

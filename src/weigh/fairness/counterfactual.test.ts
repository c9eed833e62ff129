import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, tooFew, type Example, type Trial } from '../../contracts/index.ts';
import { counterfactual } from './counterfactual.ts';
import { find, measuredOf, quietContext, trialOf } from './testing/trial.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'steelyard-counterfactual-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const labels = ['refund', 'other'];
const row = (
  id: string,
  text: string,
  groups: Record<string, string> = {},
  label: string | null = 'refund',
): Example => ({
  id,
  text,
  label,
  groups,
});
const examples = Array.from({ length: 60 }, (_, at) =>
  row(`${at}`, at % 2 === 0 ? `my wife wants her money back, case ${at}` : `refund case ${at} please`),
);
/** The original answers by the request alone; the other one treats husbands and spouses as another matter. */
const answer = (id: string, { text }: Example): number => (id === 'biased' && /husband|spouse/.test(text!) ? 1 : 0);
const trial = trialOf(labels, examples, ['fair', 'biased'], answer);
const options = (more: Readonly<Record<string, unknown>> = {}) =>
  parseOptions('fairness/counterfactual', counterfactual.options, more);
const evaluate = (some: Trial, more: Readonly<Record<string, unknown>> = {}) =>
  counterfactual.evaluate(some, options(more), quietContext());

describe('texts about somebody else', () => {
  test('who answers differently, in which kind, and toward whom', async () => {
    const outcomes = await evaluate(trial);
    const [fair, biased] = [measuredOf(outcomes, 'fair'), measuredOf(outcomes, 'biased')];
    expect(find(fair, 'counterfactual-texts').value).toBe(30);
    expect(find(fair, 'counterfactual-texts').caveat).toContain('no text has anything to swap of kind names');
    expect(find(fair, 'counterfactual-consistency')).toMatchObject({ value: 1, samples: 30 });
    expect(find(biased, 'counterfactual-consistency')).toMatchObject({ value: 0, samples: 30 });
    expect(find(biased, 'counterfactual-consistency').versus).toMatchObject({
      value: -1,
      evidence: { kind: 'pairs', onlyBaselineRight: 30 },
    });
    expect(find(biased, 'counterfactual-consistency', 'kind=roles').value).toBe(0);
    expect(find(biased, 'counterfactual-consistency', 'kind=pronouns').value).toBe(1);
    expect(find(biased, 'counterfactual-shift', 'group=roles: female').low).toBeGreaterThan(0.5);
    expect(find(fair, 'counterfactual-shift', 'group=roles: female').value).toBe(0);
  });

  test('only the kinds that are asked for, and no more texts than allowed, the same whatever the order', async () => {
    const some = measuredOf(await evaluate(trial, { kinds: ['pronouns'], limit: 12 }), 'biased');
    expect(find(some, 'counterfactual-consistency').value).toBeNaN();
    expect(find(some, 'counterfactual-texts')).toMatchObject({
      value: 12,
      caveat: '12 of 30 texts taken for pronouns',
      refused: [tooFew('kind=pronouns', 12, 'text')],
    });
    const asked: string[][] = [];
    const listening = (order: readonly Example[]): Trial => ({
      ...trialOf(labels, order, ['fair'], answer),
      ask: (subject, texts, name) => {
        asked.push(texts.map(({ text }) => text!).toSorted());
        return trialOf(labels, texts, ['fair'], answer).ask(subject, texts, name);
      },
    });
    await evaluate(listening(examples), { limit: 12 });
    await evaluate(listening(examples.toReversed()), { limit: 12 });
    expect(asked[0]).toEqual(asked[1]);
  });

  test('lists of one’s own, in the place of those of the same name', async () => {
    const path = join(folder, 'lists.yaml');
    await writeFile(path, 'kinds: { roles: { groups: { gold: [gold customer], basic: [wife] } } }');
    const all = measuredOf(await evaluate(trial, { kinds: ['roles'], lists: path }), 'biased');
    expect(find(all, 'counterfactual-consistency').value).toBe(1);
    await expect(evaluate(trial, { kinds: ['astrology'] })).rejects.toMatchObject({ code: 'fairness/kind' });
    await expect(evaluate(trial, { lists: join(folder, 'nowhere.yaml') })).rejects.toMatchObject({
      code: 'fairness/lists',
    });
    await expect(evaluate(trial, { positive: 'nothing' })).rejects.toMatchObject({ code: 'fairness/label' });
  });

  test('data that are no texts: nothing is claimed', async () => {
    const plain = examples.map(({ id, label, groups }) => ({ id, label, groups }));
    const all = measuredOf(await evaluate(trialOf(labels, plain, ['fair'], () => 0)), 'fair');
    expect(all.map(({ metric, value }) => [metric, value])).toEqual([['counterfactual-texts', 0]]);
  });

  test('both parts of a pair of texts change', async () => {
    const seen: Example[] = [];
    const pairs = [{ ...row('1', 'she left'), pair: 'did she leave?' }];
    await evaluate({
      ...trialOf(labels, pairs, ['fair'], () => 0),
      ask: (subject, texts, name) => {
        seen.push(...texts);
        return trialOf(labels, texts, ['fair'], () => 0).ask(subject, texts, name);
      },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]!.text).toMatch(/^(he|they) left$/);
    expect(seen[0]!.pair).toMatch(/^did (he|they) leave\?$/);
  });
});

test('pairs of the data', async () => {
  const rows = Array.from({ length: 120 }, (_, at) =>
    row(`${at}`, `text ${at}`, { twin: `${Math.floor(at / 2)}` }, at < 60 ? 'refund' : labels[at % 2]!),
  );
  const paired = trialOf(
    labels,
    rows,
    ['fair', 'constant'],
    (id, { label }) => (id === 'fair' ? labels.indexOf(label!) : 0),
    {
      groups: ['twin'],
    },
  );
  const outcomes = await evaluate(paired, { pairColumn: 'twin' });
  const [fair, constant] = [measuredOf(outcomes, 'fair'), measuredOf(outcomes, 'constant')];
  for (const metric of ['pair-consistency', 'pair-flips', 'pair-right']) expect(find(fair, metric).value).toBe(1);
  // Who always says the same agrees with itself, and nothing else.
  expect(find(constant, 'pair-consistency')).toMatchObject({ value: 1, samples: 30 });
  expect(find(constant, 'pair-flips')).toMatchObject({ value: 0, samples: 30 });
  expect(find(constant, 'pair-right')).toMatchObject({ value: 0.5, samples: 60 });
  await expect(evaluate(paired, { pairColumn: 'batch' })).rejects.toMatchObject({ code: 'fairness/pair-column' });
});

test('a version that cannot answer fails alone', async () => {
  const outcomes = await evaluate({
    ...trial,
    ask: async (subject, texts, name) => {
      const given = await trial.ask(subject, texts, name);
      return subject.id === 'biased' ? { ...given, scores: given.scores.map(() => Number.NaN) } : given;
    },
  });
  expect(outcomes.get('biased')).toMatchObject({ kind: 'failed', code: 'task/not-finite' });
  expect(outcomes.get('fair')?.kind).toBe('measured');
});

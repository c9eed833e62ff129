import { expect, test } from 'vitest';
import { parseOptions, type Example } from '../../../contracts/index.ts';
import { madeUp, textTask, weighed } from '../testing/trial.ts';
import { uncommonWords } from './uncommon-words.ts';

const labels = ['a', 'b'];
// 200 texts: the share of long words grows with the row; a letter at the end makes each one different.
const long = ['reimbursement', 'inconvenience', 'subscription', 'cancellation'];
const rows = Array.from({ length: 200 }, (_, at): [string, string] => {
  const words = Array.from({ length: 4 }, (_x, word) => (word < Math.floor(at / 40) ? long[word]! : 'bill'));
  return [`${words.join(' ')} ${at % 2 === 0 ? 'a' : 'b'}`, at % 2 === 0 ? 'a' : 'b'];
});
const right = (text: string): number[] => (text.endsWith('a') ? [1, 0] : [0, 1]);
const minds = {
  baseline: right,
  // Wrong where every word is long.
  hurt: (text: string) =>
    text.startsWith('reimbursement inconvenience subscription cancellation b') ? [1, 0] : right(text),
};
const reference: Example[] = [{ id: 'r', text: 'bill a b', label: null, groups: {} }];
const made = (more = {}) => madeUp(labels, rows, minds, { reference, ...more });

test('accuracy and changed answers by fifths: who has uncommon words is hurt', async () => {
  const of = await weighed(uncommonWords, made());
  expect(of('hurt', 'uncommon-accuracy', 'fertility=top fifth')).toMatchObject({ value: 0.5, samples: 40 });
  expect(of('hurt', 'uncommon-accuracy', 'fertility=top fifth')!.versus).toMatchObject({ value: -0.5 });
  expect(of('hurt', 'uncommon-accuracy', 'fertility=lowest fifth')!.value).toBe(1);
  expect(of('hurt', 'uncommon-flips', 'unseen=top fifth')!.value).toBe(0.5);
  expect(of('hurt', 'uncommon-accuracy')).toMatchObject({ value: 0.5, samples: 40 });
  const slope = of('hurt', 'uncommon-slope')!;
  expect(slope.low).toBeGreaterThan(0);
  expect(of('baseline', 'uncommon-flips')).toBeUndefined();
  expect(of('baseline', 'uncommon-accuracy')!.versus).toBeUndefined();
});

test('describes the data: subwords per word, unseen words', async () => {
  const of = await weighed(uncommonWords, made());
  // Of five words: the last has one piece, bill one, the long ones four, four, three and three.
  expect(of('baseline', 'fertility')!.value).toBeCloseTo((1 + 8 / 5 + 11 / 5 + 13 / 5 + 15 / 5) / 5, 12);
  expect(of('baseline', 'unseen-words')!.value).toBeCloseTo((0 + 1 + 2 + 3 + 4) / 25, 12);
  expect(of('baseline', 'unknown-tokens')).toMatchObject({ value: 0, samples: 200 });
});

test('distance and accuracy by the rank of the words: the fifth with the rarest words has moved, the others have not', async () => {
  const of = await weighed(uncommonWords, made());
  // Half of the 40 texts got the other answer; scores [1, 0] are probabilities: KL is ln 1 − ln 2^−149 for those.
  const far = (149 * Math.LN2) / 2;
  const top = of('hurt', 'uncommon-kl', 'word-rank=top fifth')!;
  expect(top.value).toBeCloseTo(far, 9);
  expect([top.samples, top.low < far, top.high > far]).toEqual([40, true, true]);
  expect(of('hurt', 'uncommon-kl', 'word-rank=lowest fifth')).toMatchObject({ value: 0, low: 0, high: 0, samples: 40 });
  expect(of('hurt', 'uncommon-accuracy', 'word-rank=top fifth')!.versus).toMatchObject({ value: -0.5 });
  expect(of('hurt', 'uncommon-accuracy', 'word-rank=fourth fifth')!.versus).toMatchObject({ value: 0 });
  expect(of('hurt', 'uncommon-kl')!.value).toBeCloseTo(far, 9);
  expect(of('baseline', 'uncommon-kl')).toBeUndefined();
  // Calibration text "bill a b": three words, rank 2 each; the long ones rank 4.
  expect(of('baseline', 'word-rank')!.value).toBeCloseTo(
    [0, 1, 2, 3, 4].reduce((sum, long) => sum + (4 ** long * 2 ** (5 - long)) ** 0.2, 0) / 5,
    9,
  );
});

test('asks nothing that is not known', async () => {
  const one = made();
  await weighed(uncommonWords, one);
  expect(one.asked.size).toBe(0);
});

test('a version with a tokenizer of its own has its own unknown tokens, and shares the fifths', async () => {
  const plain = made();
  const task = textTask(labels);
  const trimmed = {
    ...task,
    text: {
      ...task.text!,
      tokens: (example: Example) => (example.text!.includes('cancellation') ? [0, 2, 1] : [0, 6, 1]),
    },
  };
  const trial = { ...plain.trial, candidates: plain.trial.candidates.map((one) => ({ ...one, task: trimmed })) };
  const of = await weighed(uncommonWords, { ...plain, trial });
  expect(of('hurt', 'unknown-tokens')).toMatchObject({ value: 0.2, versus: { value: 0.2 } });
  expect(of('hurt', 'uncommon-accuracy', 'fertility=top fifth')).toMatchObject({ value: 0.5 });
});

test('whose words are usual is said; without such rows nothing is called unseen, and it says so', async () => {
  const told = await weighed(uncommonWords, made({ referenceFrom: '6,000 training rows' }));
  expect(told('baseline', 'uncommon-accuracy')!.caveat).toBe('usual words are those of the 6,000 training rows');
  const of = await weighed(uncommonWords, made({ reference: [] }));
  expect(of('baseline', 'unseen-words')).toBeUndefined();
  expect(of('baseline', 'word-rank')).toBeUndefined();
  expect(of('baseline', 'uncommon-accuracy')!.caveat).toContain('no training or calibration rows');
});

test('small fifths are refused by name', async () => {
  const of = await weighed(
    uncommonWords,
    madeUp(
      labels,
      rows.filter((_, at) => at % 2 === 0),
      minds,
      { reference },
    ),
  );
  expect(of('baseline', 'uncommon-accuracy', 'fertility=top fifth')).toBeUndefined();
  expect(of('baseline', 'fertility')).toBeDefined();
});

test('unlabelled texts still show changed answers', async () => {
  const of = await weighed(
    uncommonWords,
    madeUp(
      labels,
      rows.map(([text]) => [text, null]),
      minds,
      { reference },
    ),
  );
  expect(of('hurt', 'uncommon-accuracy')).toBeUndefined();
  expect(of('hurt', 'uncommon-flips')!.value).toBe(0.5);
});

test('examples that are no texts: nothing to say, and no fuss', async () => {
  const { trial, context } = made();
  const options = parseOptions(uncommonWords.id, uncommonWords.options);
  const tensors = trial.examples.map(({ id }): Example => ({ id, tensors: {}, label: 'a', groups: {} }));
  const outcomes = await uncommonWords.evaluate({ ...trial, examples: tensors }, options, context);
  expect(outcomes.get('hurt')).toEqual({ kind: 'measured', measurements: [] });
});

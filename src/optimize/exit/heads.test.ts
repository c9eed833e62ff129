import { expect, test } from 'vitest';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { bestOf } from '../answers.ts';
import { context } from '../testing/quantized.ts';
import { crossEntropyAt, softmax } from './calibrate.ts';
import { fitHeads, withPooled } from './heads.ts';
import { poolingOf } from './pooling.ts';
import { classifier, learningOf, tokenRows } from './testing/rows.ts';

test('heads agree with the model more often than chance, later ones more than earlier ones, and are calibrated', async () => {
  const subject = classifier(3, 'a');
  const anatomy = anatomyOf(subject) as Anatomy;
  const last = anatomy.blocks.at(-1)!.output;
  const places = anatomy.blocks.map(({ output }, i) => ({ after: i + 1, hidden: output }));
  const output = subject.graph.outputs[0]!.name;
  const learning = learningOf(
    tokenRows(300, 40, () => null, 'train'),
    tokenRows(100, 40, () => null, 'checked'),
    3,
    output,
  );
  const settings = {
    measure: 'probability',
    learnFrom: 'answers',
    regularization: 0.001,
    probabilities: false,
  } as const;
  const made = withPooled(subject, poolingOf(subject, last, anatomy.width)!, last, places);
  const { candidates, late } = await fitHeads(made, places, learning, settings, await context());
  const wanted = bestOf(late);
  const agreement = candidates.map(
    ({ scores }) => bestOf(scores).filter((one, row) => one === wanted[row]).length / 100,
  );
  expect(agreement[2]).toBeGreaterThan(0.9);
  expect(agreement[2]).toBeGreaterThanOrEqual(agreement[0]!);
  const soft = softmax(late);
  for (const { scores, sureness } of candidates) {
    expect(crossEntropyAt(scores, soft, 1)).toBeLessThan(Math.log(3));
    expect(sureness.every((one) => one >= 1 / 3 - 1e-6 && one <= 1)).toBe(true);
  }
});

import { expect, onTestFinished, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Options } from '../../contracts/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { student } from '../distill/student.ts';
import { toyContext, toyLearning, toyRows, toyTeacher } from '../distill/testing/toy.ts';
import { early } from './early.ts';

const aim = { risk: 0.5, confidence: 0.5, leastKept: 0 };
const exitOptions: Options<typeof early.options> = parseOptions(early.id, early.options, aim);

test('a distilled student gets an exit between its blocks', async () => {
  const learning = toyLearning({ train: toyRows(64, 'train', () => null) });
  const { context, remove } = toyContext({ learning });
  onTestFinished(remove);
  const shape = { epochs: 1, augment: 0, layers: 2, width: 8, batchSize: 32 };
  const { model, skipped } = await student.apply(
    toyTeacher(),
    parseOptions(student.id, student.options, shape),
    context,
  );
  expect(skipped).toEqual([]);
  const left = await early.apply(model, exitOptions, context);
  expect(left.skipped).toEqual([]);
  expect(left.changes.at(-1)!.what).toContain('leave after block 1 of 2');
  expect(checkModel(left.model)).toEqual([]);
  expect(left.model.graph.nodes.some(({ op }) => op === 'If')).toBe(true);
});

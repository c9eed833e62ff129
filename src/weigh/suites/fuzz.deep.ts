import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSteelyardError } from '../../contracts/index.ts';
import { readAnswers } from './answers.ts';
import { readGold } from './gold.ts';
import { suiteTasks } from './tasks.ts';
import { folder, goldWith, put, rowsWith } from './testing/files.ts';

const keys = ['idx', 'index', 'label', 'prediction', 'passage', 'questions', 'answers', 'entities', 'qas', 'target', 'text', 'query',
  'sentence', 'sentence1', 'sentence2', 'premise', 'hypothesis', 'question', 'paragraph', 'answer', 'start', 'end', '__proto__']; // prettier-ignore
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: -2, max: 6 }),
    fc.constantFrom('entailment', 'True', '0', '', '-', '🎭 a', null, true, 1.5, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
  ),
}));
const row = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 12 });

const honest = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
  }
};

test('any file of rows ends in rows or in a coded error', async () => {
  const at = await folder();
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(...suiteTasks),
      fc.constantFrom('jsonl', 'json', 'tsv'),
      async (rows, task, format) => {
        const content =
          format === 'tsv'
            ? rows
                .map(
                  (one) =>
                    `${Object.entries(one)
                      .flat()
                      .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
                      .join('\t')}\n`,
                )
                .join('')
            : format === 'json'
              ? JSON.stringify({ [task.id.split('/')[1]!]: rows }, null, 1)
              : rows;
        const path = await put(join(at, `a.${format}`), content);
        await honest(readGold(task, path));
        const gold = rowsWith([0, 0, 1]).map((one) => ({ ...one, answers: ['a'], entities: [] }));
        await honest(readAnswers(task, goldWith(gold), path));
      },
    ),
    { numRuns: 3000 },
  );
  expect(true).toBe(true);
}, 300_000);

import { expect, test } from 'vitest';
import { attackAll } from './campaign.ts';
import { attackedTexts, exhibitsOf } from './examples.ts';
import { pruthi } from './recipes/pruthi.ts';
import { bag, item, setting, world } from './testing/bag.ts';

test('shows what broke the answer, the least changed first, and only what held', async () => {
  const items = [item('fine film'), item('fine long film here'), item('fine thing')];
  const weights = { fine: 2, film: -1, thing: -1 };
  const finds = await attackAll([pruthi], items, setting(), world(bag(weights).model));
  const shown = attackedTexts(finds, new Map([['pruthi', [true, true, false]]]), items, ['no', 'yes']);
  expect(shown.map(({ item: id, label, answer, changed, words }) => [id, label, answer, changed, words])).toEqual([
    ['fine long film here', 'yes', 'no', 1, 4],
    ['fine film', 'yes', 'no', 1, 2],
  ]);
  expect(shown[0]!.original.text).toBe('fine long film here');
  expect(shown[0]!.attacked.text).toMatch(/^f.*e long film here$/);
  expect(shown[0]!.dangerAfter).toBeGreaterThan(0.5);
  expect(attackedTexts(finds, new Map([['pruthi', [true, true, true]]]), items, ['no', 'yes'], 1)).toHaveLength(1);
  expect(attackedTexts(finds, new Map(), items, ['no', 'yes'])).toEqual([]);
  const [exhibit] = exhibitsOf(finds, new Map([['pruthi', [true, true, true]]]), items, ['no', 'yes'], 1);
  expect(exhibit).toMatchObject({ how: 'pruthi', example: 'fine long film here', label: 'yes', answer: 'no' });
  expect(exhibit!.changed).not.toBe(exhibit!.original);
});

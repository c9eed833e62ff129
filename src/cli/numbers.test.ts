import { expect, test } from 'vitest';
import { columns } from './columns.ts';
import { bytesText, countText, percentText } from './numbers.ts';

test('bytes, percent and counts', () => {
  expect([999, 1000, 1_234_567, 9_999_999_999].map(bytesText)).toEqual(['999 B', '1.00 kB', '1.23 MB', '10.0 GB']);
  expect([0.1234, -0.5, 0, 0.0004].map((share) => percentText(share))).toEqual([
    '+12.3 %',
    '−50.0 %',
    '0 %',
    '+0.040 %',
  ]);
  expect(percentText(0.024, false)).toBe('2.4 %');
  expect(countText(1234567)).toBe('1,234,567');
});

test('columns are aligned and foreign names cannot move the cursor', () => {
  expect(
    columns(
      [
        ['a', '1'],
        ['long', '22'],
      ],
      'lr',
    ),
  ).toEqual(['  a      1', '  long  22']);
  expect(columns([['x\u001B[31m']])[0]).not.toContain('\u001B');
});

import { expect, test } from 'vitest';
import { asideRows } from './left-aside.ts';

const why = 'it finds the blocks of the network by their float32 weights: put it before quantization';
const told = (all: Parameters<typeof asideRows>[0]) =>
  asideRows(all).map(([cell, number]) => [
    cell?.kind === 'text' ? cell.text : '',
    cell?.kind === 'text' ? (cell.detail ?? []) : [],
    number?.kind === 'number' ? number.text : '',
  ]);

test('one row a reason: what begins alike stands in one line, with its own number each', () => {
  expect(
    told([
      { reason: `exit/early does not follow quantize/static: ${why}`, points: 1200 },
      { reason: 'it is the original itself', points: 1 },
      { reason: `exit/early does not follow quantize/dynamic: ${why}`, points: 4800 },
      { reason: 'distill/student does not follow exit/early: there are two networks by then', points: 9000 },
    ]),
  ).toEqual([
    ['distill/student does not follow exit/early: there are two networks by then', [], '9,000'],
    [
      'It finds the blocks of the network by their float32 weights: put it before quantization',
      ['exit/early does not follow quantize/dynamic (4,800), quantize/static (1,200)'],
      '1,200 to 4,800',
    ],
    ['It is the original itself', [], '1'],
  ]);
});

test('what begins differently stands line by line', () => {
  expect(
    told([
      { reason: 'a does not follow c: zeros', points: 2 },
      { reason: 'b does not follow c: zeros', points: 2 },
    ]),
  ).toEqual([['Zeros', ['a does not follow c (2)', 'b does not follow c (2)'], '2']]);
});

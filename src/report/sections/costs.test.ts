import { expect, test } from 'vitest';
import { buildReport } from '../build.ts';
import type { Block, Cell } from '../blocks.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';

const text = (cell: Cell): string => ('text' in cell ? cell.text : '–');
const after = (blocks: readonly Block[], title: string): readonly Block[] => {
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === title);
  return start < 0 ? [] : blocks.slice(start + 1);
};

test('the bill beside the original’s, and after how many requests it pays', () => {
  const [paragraph, table] = after(buildReport(richFixture(), richMetrics), 'What it costs');
  expect(paragraph).toMatchObject({
    text: expect.stringMatching(
      /^What is paid once for this version is paid back after 12,400,000 requests \[.*\], about 4\.1 months/,
    ) as string,
  });
  if (table?.kind !== 'table') throw new Error('no table');
  expect(table.rows.map((row) => row.map(text).slice(0, 4))).toEqual([
    ['Machine, at work', 'a month', '20.1', '7.02'],
    ['Machine, idle', 'a month', '104', '24.0'],
    ['Monitoring', 'a month', '30.0', '30.0'],
    ['Audits and human review', 'a month', '20.0', '20.0'],
    ['Making and checking it', 'once', '–', '400'],
    ['All that is paid monthly', 'a month', '174', expect.stringMatching(/^\d+$/) as string],
  ]);
});

test('without a bill there is no section, and bills are no remarks', () => {
  expect(after(buildReport(fixture('chosen'), metrics), 'What it costs')).toEqual([]);
  expect(JSON.stringify(after(buildReport(richFixture(), richMetrics), 'How it was measured'))).not.toContain(
    'making and checking',
  );
});

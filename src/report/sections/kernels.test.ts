import { describe, expect, test } from 'vitest';
import type { ReceiptRecord, StoreRecord } from '../../contracts/index.ts';
import type { Block } from '../blocks.ts';
import { buildReport } from '../build.ts';
import { toHtml, toMarkdown, toTerminal } from '../index.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';

/** The blocks of the section. */
const section = (records: readonly StoreRecord[]): readonly Block[] => {
  const blocks = buildReport(records, metrics);
  const start = blocks.findIndex((block) => block.kind === 'heading' && block.text === 'Which kernels ran');
  if (start < 0) return [];
  const length = blocks.slice(start + 1).findIndex((block) => block.kind === 'heading');
  return blocks.slice(start, start + 1 + length);
};
const mapReceipts = (change: (record: ReceiptRecord) => ReceiptRecord | null): StoreRecord[] =>
  fixture('chosen').flatMap((record) => (record.kind === 'receipt' ? (change(record) ?? []) : record));

describe('which kernels ran', () => {
  test('both versions side by side, what is not run as meant, and what saturates', () => {
    const blocks = section(fixture('chosen'));
    const text = JSON.stringify(blocks);
    expect(text).toContain(
      '61.0 % of the kernels’ time runs in integer arithmetic on this machine (AVX2 without VNNI)',
    );
    expect(text).toContain('1 operation is made for few bits and does not run that way');
    expect(text).toContain(
      'changes the products by 2.6 % on average. The cheapest way out: 7-bit weights (no time), which leaves 1.3 %. 1 operation could not be looked at.',
    );
    const tables = blocks.filter((block) => block.kind === 'table');
    expect(tables[0]?.rows.map((row) => row.map((cell) => ('text' in cell ? cell.text : '–')))).toEqual([
      ['int8 dynamic (u8×s8)', '–', '61.0'],
      ['other operators', '29.0', '31.0'],
      ['float32', '71.0', '8.0'],
      ['conversions', '–', '< 0.1'],
    ]);
    expect(tables[1]?.rows).toHaveLength(1);
  });

  test('the original stays: only its own kernels', () => {
    const blocks = section(fixture('keep'));
    expect(JSON.stringify(blocks)).toContain('With the original, 0.0 % of the kernels’ time');
    expect(JSON.stringify(blocks)).toContain('Nothing in it is quantized.');
  });

  test('a receipt that could not be made says why; another machine’s is not shown', () => {
    const failed = section(
      mapReceipts((record) =>
        record.subject === 'baseline'
          ? record
          : { ...record, outcome: { kind: 'failed', code: 'runtime/profile', message: 'the runtime left no profile' } },
      ),
    );
    expect(JSON.stringify(failed)).toContain('the runtime left no profile');
    expect(section(mapReceipts((record) => ({ ...record, machine: `sha256:${'9'.repeat(64)}` })))).toEqual([]);
    expect(section(mapReceipts(() => null))).toEqual([]);
    expect(section(fixture('unfinished'))).toEqual([]);
  });

  test('names from the model are never markup', () => {
    const blocks = buildReport(fixture('chosen'), metrics);
    expect(toHtml(blocks)).not.toContain('<b>/pooler');
    expect(toTerminal(blocks)).not.toContain('\u001b[31m');
    expect(toMarkdown(blocks)).not.toContain('<b>/pooler');
  });
});

import { expect, test } from 'vitest';
import {
  defaultSessionOptions,
  type BuildRecord,
  type SessionOptions,
  type StoreRecord,
} from '../../contracts/index.ts';
import { fixture } from '../testing/fixture.ts';
import { viewOf } from '../view.ts';
import { excludedSection } from './excluded.ts';

const builtOf = (records: readonly StoreRecord[], id: string): BuildRecord =>
  records.find((record): record is BuildRecord => record.kind === 'build' && record.chain.id === id)!;

/** What the report says of a version with the chosen one’s files that runs like this. */
const saidOfTwin = (session: Partial<SessionOptions>): string => {
  const records = fixture('chosen');
  const { chosen } = records.find((record) => record.kind === 'choice')!;
  const original = builtOf(records, chosen!);
  if (original.outcome.kind !== 'built') throw new Error('the fixture chose what was not built');
  const twin: BuildRecord = {
    ...original,
    key: `sha256:${'9'.repeat(64)}`,
    chain: { ...original.chain, id: 'twin' },
    outcome: { ...original.outcome, sessionOptions: { ...defaultSessionOptions, ...session } },
  };
  const at = records.indexOf(original);
  const blocks = excludedSection(viewOf([...records.slice(0, at + 1), twin, ...records.slice(at + 1)], []));
  const rows = blocks.flatMap((block) => (block.kind === 'table' ? block.rows : []));
  return rows.map((row) => JSON.stringify(row)).find((row) => row.includes('"twin"')) ?? '';
};

test('the same files that run in the same way were weighed once; in another way they are another version', () => {
  expect(saidOfTwin({})).toContain('Byte for byte the same as');
  expect(saidOfTwin({ batchSize: 8 })).not.toContain('Byte for byte');
  expect(saidOfTwin({ batchSize: 8 })).toContain('not weighed');
});

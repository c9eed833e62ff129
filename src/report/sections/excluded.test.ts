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

test('versions of one reason share a row, all of their names in it', () => {
  const records = fixture('chosen');
  const built = records.filter((record): record is BuildRecord => record.kind === 'build');
  const ids = ['first', 'second', 'third'];
  const more = ids.map((id, at): BuildRecord => ({
    ...built[0]!,
    key: `sha256:${String(at + 1).repeat(64)}`,
    chain: { ...built[0]!.chain, id },
    outcome: { kind: 'refused', technique: 'prune/heads', refusal: { reason: 'no heads', nodes: [] } },
  }));
  const at = records.indexOf(built.at(-1)!);
  const blocks = excludedSection(viewOf([...records.slice(0, at + 1), ...more, ...records.slice(at + 1)], []));
  const rows = blocks.flatMap((block) => (block.kind === 'table' ? block.rows : []));
  const shared = rows.filter((row) => JSON.stringify(row).includes('No heads.'));
  expect(shared).toHaveLength(1);
  expect(shared[0]![0]).toMatchObject({
    text: '3 versions',
    detail: ids.map((id) => expect.stringMatching(new RegExp(`^[A-Z] ${id}$`)) as string),
  });
});

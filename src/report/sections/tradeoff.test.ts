import { expect, test } from 'vitest';
import type { StoreRecord } from '../../contracts/index.ts';
import { buildReport } from '../build.ts';
import { toMarkdown } from '../render/markdown.ts';
import { fixture } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';

const told = (more: object): string => {
  const records = fixture('chosen').map((one): StoreRecord => (one.kind === 'choice' ? { ...one, ...more } : one));
  return toMarkdown(buildReport(records, metrics));
};

test('the front as it was measured: how likely each version is on it, and its knee', () => {
  const text = told({ frontShare: { baseline: 0.4, a: 0.98, b: 1 }, knee: 'a' });
  const part = text.slice(text.indexOf('How surely each is worth a look'), text.indexOf('On the front: how likely'));
  const rows = [...part.matchAll(/^\| ([^|]*?) \| (\d+) \|$/gm)].flatMap(([, name, share]) => [name, share]);
  expect(rows).toEqual(['b', '100', 'a (the knee)', '98', 'the original', '40']);
});

test('a check that was one of several says so; a single one and old choices do not', () => {
  expect(told({ plannedChecks: 3, checks: [{ id: 'a', verdict: 'pass' }] }).replace(/\s+/g, ' ')).toContain(
    'Check 1 of at most 3, a number that was fixed beforehand',
  );
  for (const one of [{}, { plannedChecks: 1, checks: [] }, { frontShare: { baseline: 1, a: 1 } }]) {
    expect(told(one)).not.toContain('Check ');
    expect(told(one)).not.toContain('worth a look');
  }
});

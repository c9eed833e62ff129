import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decompositionOf, decompositions } from './table.ts';
import { ruleOf } from '../rules/index.ts';

const node = (op: string, domain: string) => ({ name: '', op, domain, inputs: [], outputs: [], attributes: {} });

test('an operator has a rule or a decomposition, not both, and stands in a test', async () => {
  const files = (await readdir(import.meta.dirname)).filter(
    (name) => name.endsWith('.test.ts') && name !== 'table.test.ts',
  );
  const text = (await Promise.all(files.map((name) => readFile(join(import.meta.dirname, name), 'utf8')))).join(' ');
  const words = new Set(text.match(/\w+/g));
  for (const [domain, table] of Object.entries(decompositions))
    for (const op of Object.keys(table)) {
      expect(words.has(op), op).toBe(true);
      expect(ruleOf(node(op, domain)), op).toBeUndefined();
    }
});

test('goes by domain', () => {
  expect(decompositionOf(node('Attention', ''))).not.toBe(decompositionOf(node('Attention', 'com.microsoft')));
  expect(decompositionOf(node('FusedConv', ''))).toBeUndefined();
  expect(decompositionOf(node('constructor', 'com.microsoft'))).toBeUndefined();
  expect(decompositionOf(node('Attention', 'constructor'))).toBeUndefined();
});

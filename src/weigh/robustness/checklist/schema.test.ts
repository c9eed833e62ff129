import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { checklistJsonSchema, suiteSchema } from './schema.ts';

const root = new URL('../../../../', import.meta.url);

test('the published schema is the grammar, and takes the example’s suite', async () => {
  const published = JSON.parse(await readFile(new URL('schema/checklist.schema.json', root), 'utf8')) as object;
  expect(published).toEqual(JSON.parse(JSON.stringify(checklistJsonSchema())));
  const validate = new Ajv2020({ strict: false }).compile(published);
  const example: unknown = parse(await readFile(new URL('examples/support-desk/checklist.yaml', root), 'utf8'));
  expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ tests: [{ name: 'x', type: 'MFT', templates: ['a'] }] })).toBe(false);
});

test('a change must change something', () => {
  const suite = (change: object) => ({ tests: [{ name: 'x', type: 'INV', templates: ['a'], change }] });
  expect(suiteSchema.safeParse(suite({ append: ['b'] })).success).toBe(true);
  expect(suiteSchema.safeParse(suite({ copies: 2 })).error!.issues[0]!.message).toContain('says no change');
});

import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { OptionsSpec } from '../../contracts/index.ts';
import { optionSets } from './option-sets.ts';

const spec: OptionsSpec = {
  size: { kind: 'integer', min: 1, max: 9, default: 3, description: 'Size.' },
  fast: { kind: 'boolean', default: true, description: 'Fast.' },
  way: { kind: 'choice', choices: ['a', 'b', 'c', 'd', 'e', 'f'], default: 'a', description: 'Way.' },
};

test('visits every end of every option, alone and together', () => {
  const sets = optionSets(spec).map(({ options }) => options);
  expect(sets).toEqual([
    { size: 1 },
    { size: 9 },
    { fast: false },
    { way: 'b' },
    { way: 'c' },
    { way: 'd' },
    { way: 'e' },
    { way: 'f' },
    { size: 1, fast: false, way: 'b' },
    { size: 9, fast: false, way: 'f' },
  ]);
  expect(optionSets(spec, false).map(({ options }) => options)).toEqual([sets[7], ...sets.slice(8)]);
  for (const options of sets) expect(() => parseOptions('test', spec, options)).not.toThrow();
  expect(optionSets({})).toEqual([{ label: '{}', options: {} }]);
});

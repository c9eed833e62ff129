import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { dynamic } from '../../optimize/quantize/dynamic.ts';
import { dynamicVariants, variantsOf } from './dynamic-variants.ts';

const optionsOf = (sets: readonly string[]) => dynamicVariants(sets).map(({ steps }) => steps[0]!.options);

test('remedies against saturation are tried only where kernels saturate', () => {
  const remedy = (options: Readonly<Record<string, unknown>>): boolean =>
    options['bits'] === '7' || options['exact'] === true || options['weightType'] === 'uint8';
  expect(optionsOf(['avx2', 'fma']).filter(remedy)).toHaveLength(10);
  for (const sets of [['avx2', 'avx_vnni'], ['avx512f', 'avx512_vnni'], ['asimd', 'asimddp'], []])
    expect(optionsOf(sets).filter(remedy)).toEqual([]);
});

test('every variant is valid, has a name of its own, and comes with and without convolutions', () => {
  const variants = dynamicVariants(['avx2']);
  expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length);
  for (const { steps } of variants)
    expect(() => parseOptions(dynamic.id, dynamic.options, steps[0]!.options)).not.toThrow();
  expect(optionsOf(['avx2']).filter(({ operators }) => operators !== undefined)).toHaveLength(variants.length / 2);
});

test('a chain keeps its other steps and stated options, and no version is there twice', () => {
  const steps = [
    { technique: 'fuse/constant-folding', options: {} },
    { technique: 'quantize/dynamic', options: { perChannel: false, operators: ['MatMul'] } },
  ];
  const chains = variantsOf(steps, ['avx2', 'avx_vnni']);
  expect(chains).toHaveLength(1);
  expect(chains[0]!.steps).toEqual(steps);
  expect(variantsOf([{ technique: 'quantize/dynamic', options: {} }], ['avx2'])).toHaveLength(14);
  expect(() => variantsOf(steps.slice(0, 1), ['avx2'])).toThrow('no such step');
});

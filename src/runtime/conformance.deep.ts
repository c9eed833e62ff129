import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedOrSkip } from '../testing/shared.ts';
import { conformAll } from './testing/conformance.ts';
import type { Conformance } from './testing/conformance.ts';

const suite = sharedOrSkip('backend conformance', 'conformance', 'onnx-backend-node-v1.22.0');

test.skipIf(suite === null)(
  'every ONNX backend model that runs gives the same after decoding and encoding',
  async () => {
    const names = (await readdir(suite!)).filter((name) => name.startsWith('test_'));
    const outcomes = await conformAll(
      names.map((name) => join(suite!, name)),
      2,
    );
    const of = (is: (one: Conformance) => boolean): string[] =>
      [...outcomes].filter(([, one]) => is(one)).map(([path]) => basename(path));
    expect(of((one) => one.kind === 'matched' && !one.kept)).toEqual([]);
    // Random masks come out the same as well: the seed is part of the model or the run.
    expect(of((one) => one.kind === 'differs' && !one.identical)).toEqual([]);
    expect(of((one) => one.kind === 'not run' && one.step === 'crash').length).toBeLessThan(10);
    expect(outcomes.size).toBe(names.length);
    expect(of((one) => one.kind === 'matched').length).toBeGreaterThan(1_400);
  },
);

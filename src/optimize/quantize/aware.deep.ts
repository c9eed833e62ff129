import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context } from '../../contracts/index.ts';
import { clinc150 } from '../testing/clinc150.ts';
import { context } from '../testing/quantized.ts';
import { aware } from './aware.ts';
import { blockwise } from './blockwise.ts';

const real = await clinc150();

const say = (text: string): void => void process.stderr.write(`${text}\n`);

test.skipIf(real === null).each([
  { bits: '2', blockSize: '32' },
  { bits: '4', blockSize: '128' },
  { bits: '4', blockSize: '32' },
])('clinc150: bits in blocks before and after training: %j', async (scheme) => {
  const { model, learning, right } = real!;
  const here: Context = { ...(await context()), learning };
  const options = parseOptions(aware.id, aware.options, { ...scheme, epochs: 1, minutes: 3 });
  const nearest = await blockwise.apply(model, parseOptions(blockwise.id, blockwise.options, scheme), here);
  const [float, before] = [await right(model, here), await right(nearest.model, here)];
  const { model: made, changes, skipped } = await aware.apply(model, options, here);
  const after = await right(made, here);
  const what = changes.at(-1)?.what ?? skipped[0]?.reason;
  say(`${JSON.stringify(scheme)}: float32 ${float}, rounded to nearest ${before}, trained ${after}; ${what}`);
  expect(after).toBeGreaterThan(before - 0.003);
  if (scheme.bits === '2') expect(after).toBeGreaterThan(before + 0.005);
});

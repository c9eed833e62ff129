import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context } from '../../contracts/index.ts';
import { blockwise } from '../quantize/blockwise.ts';
import { dynamic } from '../quantize/dynamic.ts';
import { clinc150 } from '../testing/clinc150.ts';
import { context } from '../testing/quantized.ts';
import { cascade } from './cascade.ts';
import { early } from './early.ts';

const real = await clinc150();

const say = (text: string): void => void process.stderr.write(`${text}\n`);

test.skipIf(real === null)('clinc150: what leaves early, and what it costs', async () => {
  const { model, learning, right } = real!;
  const here: Context = { ...(await context()), learning, original: model };
  const whole = await right(model, here);
  say(`original: ${whole} right`);
  for (const raw of [{}, { risk: 0.02, measure: 'margin' }]) {
    const options = parseOptions(early.id, early.options, raw);
    const { model: made, changes, skipped } = await early.apply(model, options, here);
    const share = await right(made, here);
    const what = [...changes.map((one) => one.what), ...skipped.map(({ reason }) => reason)].join('; ');
    say(`early ${JSON.stringify(raw)}: ${share} right; ${what}`);
    expect(share).toBeGreaterThan(whole - options.risk - 0.005);
  }
});

test.skipIf(real === null)('clinc150: the original for what a smaller model is unsure about', async () => {
  const { model, learning, right } = real!;
  const here: Context = { ...(await context()), learning, original: model };
  const whole = await right(model, here);
  const small = await blockwise.apply(model, parseOptions(blockwise.id, blockwise.options, { bits: '2' }), here);
  const int8 = await dynamic.apply(model, parseOptions(dynamic.id, dynamic.options, {}), here);
  for (const [name, current] of [
    ['2 bits', small.model],
    ['int8', int8.model],
  ] as const) {
    const options = parseOptions(cascade.id, cascade.options, {});
    const { model: made, changes, skipped } = await cascade.apply(current, options, here);
    const share = await right(made, here);
    const what = [...changes.map((one) => one.what), ...skipped.map(({ reason }) => reason)].join('; ');
    say(`cascade of ${name} (${await right(current, here)} alone): ${share} right; ${what}`);
    if (changes.length > 0) expect(share).toBeGreaterThan(whole - options.risk - 0.005);
  }
});

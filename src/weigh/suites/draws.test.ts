import { expect, test } from 'vitest';
import { bootstrap, mean, seeded } from '../../statistics/index.ts';
import golden from './fixtures/golden.json' with { type: 'json' };
import { draw } from './draws.ts';
import { valuesOf } from './metrics.ts';
import { deviation } from './score-value.ts';
import { sheetWith } from './testing/files.ts';

const options = { confidence: 0.95, replicates: 4000, random: (label: string) => seeded(3, label) };
const { truth, predicted } = golden.classes.find(({ name }) => name === 'mrpc')!;
const sheet = sheetWith('glue/mrpc', truth, predicted);
const baseline = sheetWith('glue/mrpc', truth, truth.map((one, at) => (at % 7 === 0 ? 1 - one : one))); // prettier-ignore

test('counting kinds of rows gives the distribution of the bootstrap over rows', () => {
  const drawn = draw(sheet, baseline, options);
  const [now, before] = [valuesOf(sheet), valuesOf(baseline)];
  const own = new Float64Array(options.replicates);
  let at = 0;
  const { replicates } = bootstrap(
    truth.length,
    (weights) => {
      own[at] = now(weights)[1]!;
      return own[at++]! - before(weights)[1]!;
    },
    { ...options, random: options.random('row by row') },
  );
  expect(deviation(drawn.own[1]!) / deviation(own)).toBeCloseTo(1, 1);
  expect(deviation(drawn.differences[1]!) / deviation(replicates)).toBeCloseTo(1, 1);
  expect(Math.abs(mean(drawn.differences[1]!) - mean(replicates))).toBeLessThan(0.006);
});

test('clusters are drawn whole', () => {
  const pairs = sheetWith('superglue/axg', [0, 0, 1, 1], [0, 0, 0, 0], ['0', '0', '1', '1']);
  const { own } = draw(pairs, null, options);
  expect(new Set(own[0])).toEqual(new Set([0, 0.5, 1]));
  expect(new Set(own[1])).toEqual(new Set([1]));
});

test('two systems see the same rows: the same answers never differ', () => {
  expect(new Set(draw(sheet, sheet, options).differences[1])).toEqual(new Set([0]));
});

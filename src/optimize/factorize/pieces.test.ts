import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import { gramOf, normals } from '../quantize/blocks/testing/matrices.ts';
import { groupsOf } from '../quantize/blocks/targets.ts';
import { soleUnits } from '../sole-units.ts';
import { context, model } from '../testing/quantized.ts';
import { withWorkers } from '../workers/index.ts';
import { candidateOf, piecesOf, type Outcome } from './pieces.ts';
import type { RankSettings } from './settings.ts';

const settings: RankSettings = { budget: 'ratio', ratio: 0.4, error: 0.1, share: 0.25, rank: 8 };

const outcome = async (
  text: string,
  shareInput: boolean,
  change: Partial<RankSettings> = {},
  gram: Float32Array | null = null,
): Promise<Outcome> => {
  const world = await context();
  const draft = edit(model(text));
  const [group] = groupsOf(soleUnits(draft, []));
  return withWorkers(world, (workers) =>
    piecesOf(group!, shareInput, {
      gram,
      settings: { ...settings, ...change },
      damping: 0.001,
      workers,
      context: world,
    }),
  );
};

const three = `x: float32[N, 32]; q = float32[32, 32]{...}; k = float32[32, 64]{...}; v = float32[32, 32]{...}
  a = MatMul(x, q); b = MatMul(x, k); c = MatMul(x, v)`;

test('inputs of a few directions: one piece for three layers, in their order', async () => {
  const gram = gramOf(
    normals(200 * 6, 'sources').reduce(
      (rows, source, at) => {
        const mixing = normals(6 * 32, 'mixing');
        for (let j = 0; j < 32; j++) rows[Math.floor(at / 6) * 32 + j]! += source * mixing[(at % 6) * 32 + j]!;
        return rows;
      },
      new Float32Array(200 * 32),
    ),
    32,
  );
  const { pieces, skipped } = await outcome(three, true, {}, gram);
  expect(skipped).toEqual([]);
  expect(pieces).toHaveLength(1);
  const [piece] = pieces;
  expect(piece!.units.map(({ linear }) => linear.weightName)).toEqual(['q', 'k', 'v']);
  expect(piece!.left.dims).toEqual([32, 24]);
  expect(piece!.right.dims).toEqual([24, 128]);
  expect(candidateOf(piece!)).toMatchObject({ whole: 32 * 128, perRank: 160, weight: 3 });
  expect((await outcome(three, false, {}, gram)).pieces).toHaveLength(3);
  // An error budget shares too: six directions are all there is.
  const tight = await outcome(three, true, { budget: 'error', error: 0.05 }, gram);
  expect(tight.pieces.map(({ rank, units }) => [rank, units.length])).toEqual([[8, 3]]);
});

test('a fixed rank is each layer’s own', async () => {
  expect((await outcome(three, true, { budget: 'rank' })).pieces).toHaveLength(3);
});

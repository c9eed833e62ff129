import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { blockAround, blockName, chained } from './blocks.ts';
import { coreAt } from './cores.ts';
import { layersOf } from './layers.ts';
import { normsOf } from './norms.ts';
import type { Block } from './types.ts';
import { viewOf } from './walk.ts';

const architecture = { layers: 3, width: 8, heads: 2, ffn: 12, vocabulary: 10, positions: 6, labels: 2 };

test('blocks around each attention, and the longest chain of them', () => {
  const view = viewOf(encoderModel(architecture, initialWeights(architecture, seeded(1, 'blocks'))));
  const [layers, norms] = [layersOf(view), normsOf(view)];
  const blocks = view.draft.nodes().flatMap((node): Block[] => {
    const found = coreAt(view, layers, node);
    const block = found && 'core' in found ? blockAround(view, layers, norms, found.core) : '';
    return typeof block === 'string' ? [] : [block];
  });
  expect(blocks.map(blockName)).toEqual([0, 1, 2].map((i) => `/bert/encoder/layer.${i}/attention/self/Softmax`));
  const { chain, apart } = chained(blocks.toReversed());
  expect(chain).toEqual(blocks);
  expect(apart).toEqual([]);
  // Without the one in the middle there are two chains of one.
  const broken = chained([blocks[0]!, blocks[2]!]);
  expect([broken.chain.length, broken.apart.length]).toEqual([1, 1]);
});

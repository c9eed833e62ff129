import { expect, test } from 'vitest';
import { tensor } from '../tensor/index.ts';
import { encode } from './index.ts';
import { graph, info, linear, model, nested, node } from './testing/models.ts';
import { fuzz, mutate, stream } from './testing/mutate.ts';

/** Small models that use every kind of part. */
export const seeds = async (): Promise<Uint8Array[]> => {
  const rich = model(
    {
      nodes: [
        node('Relu', ['x'], ['a']),
        node('Custom', ['a', '', 's'], ['b'], {
          floats: { kind: 'floats', value: [1, 2] },
          ints: { kind: 'ints', value: [1n, -1n] },
          words: { kind: 'strings', value: [Uint8Array.of(1)] },
          ref: { kind: 'ref', value: 'outer' },
          body: { kind: 'graph', value: graph({ nodes: [node('Identity', ['a'], ['y'])] }) },
        }),
      ],
      initializers: new Map([
        ['s', tensor('string', [2], ['a', 'b'])],
        ['i', tensor('int64', [2], BigInt64Array.of(1n, -1n))],
      ]),
      values: new Map([['a', info('a', ['n', 4, null])]]),
    },
    {
      metadata: new Map([['k', 'v']]),
      opsets: new Map([
        ['', 17],
        ['com.microsoft', 1],
      ]),
    },
  );
  return Promise.all([linear(), nested(6), rich].map(encode));
};

test('800 damaged models: each is decoded or refused with a code, quickly', async () => {
  const { decoded, refused, slowestMs } = await fuzz(await seeds(), 800, 1);
  expect(decoded).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(200);
  expect(slowestMs).toBeLessThan(10_000);
});
test('a seed replays', () => {
  const base = Uint8Array.from({ length: 64 }, (_, index) => index);
  expect(mutate(base, stream(9))).toEqual(mutate(base, stream(9)));
  expect(mutate(base, stream(9))).not.toEqual(mutate(base, stream(10)));
});

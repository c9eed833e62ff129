import { expect, test } from 'vitest';
import type { Feeds, RunOptions, Value } from '../../contracts/index.ts';
import { checkRun } from './feeds.ts';
import type { Slot } from './protocol.ts';

const slot = (name: string, dtype: string, dims: (number | string)[] = []): Slot => ({ name, tensor: { dtype, dims } });
const inputs = [slot('x', 'float32', ['n', 2]), slot('s', 'string')];
const outputs = [slot('y', 'float32', ['n', 2]), slot('q', 'int4', [2]), { name: 'list', tensor: null }];
const x: Value = { dtype: 'float32', dims: [1, 2], data: Float32Array.of(1, 2) };
const s: Value = { dtype: 'string', dims: [1], data: ['a'] };

const check = (
  feeds: Feeds,
  options: RunOptions = { fetch: ['y'] },
  kept: string[] = [],
): ReturnType<typeof checkRun> => checkRun('m', inputs, outputs, new Set(kept), feeds, options);

test('passes what fits and copies shared memory, which the runtime refuses', () => {
  const shared = new Float32Array(new SharedArrayBuffer(8));
  const call = check({ x: { ...x, data: shared }, s });
  expect((call.feeds['x']!.data as Float32Array).buffer).toBeInstanceOf(ArrayBuffer);
  expect(call.fetch).toEqual(['y']);
});

test.each<[string, Feeds, RunOptions | undefined]>([
  ['input "s" was not fed', { x }, undefined],
  ['there is no input "z"; the inputs are "x", "s"', { x, s, z: x }, undefined],
  ['"x" is float32, but float64 was fed', { s, x: { ...x, dtype: 'float64' } }, undefined],
  ['its data must be a Float32Array', { s, x: { ...x, data: Int32Array.of(1, 2) } }, undefined],
  ['= 6 elements, but 2 were fed', { s, x: { ...x, dims: [3, 2] } }, undefined],
  ['expects shape [n, 2], but [2, 1] was fed', { s, x: { ...x, dims: [2, 1] } }, undefined],
  ['expects shape [n, 2], but [2] was fed', { s, x: { ...x, dims: [2] } }, undefined],
  ['impossible shape [-1, -2]', { s, x: { ...x, dims: [-1, -2] } }, undefined],
  ['not a list of strings', { x, s: { ...s, data: [1] as unknown as string[] } }, undefined],
  ['no output "z"', { x, s }, { fetch: ['z'] }],
  ['output "q" has type int4, which cannot be fetched', { x, s }, {}],
  ['output "list" is not a tensor', { x, s }, { fetch: ['list'] }],
  ['asks for no output', { x, s }, { fetch: [] }],
  ['no input "w" to keep', { x, s }, { keep: { y: 'w' } }],
  ['their types differ', { x, s }, { keep: { y: 's' } }],
  ['no input "w"; the inputs are', { x, s }, { zeros: { w: [1] } }],
  ['input "s" is string; zeros are float32', { x }, { zeros: { s: [1] } }],
  ['expects shape [n, 2], but [2] was fed', { s }, { zeros: { x: [2] } }],
  ['impossible shape [0.5, 2]', { s }, { zeros: { x: [0.5, 2] } }],
  ['input "x" was fed, and is to be zeros', { x, s }, { zeros: { x: [1, 2] } }],
])('refuses with a reason: %s', (reason, feeds, options) => {
  expect(() => check(feeds, options ?? { fetch: ['y'] })).toThrow(reason);
});

test('zeros stand in for a feed', () => {
  expect(check({ s }, { fetch: ['y'], zeros: { x: [3, 2] } }).zeros).toEqual({ x: [3, 2] });
});

test('a kept value stands in for a feed', () => {
  expect(() => check({ s }, { fetch: ['y'] }, ['x'])).not.toThrow();
  expect(check({ s }, { keep: { y: 'x' }, fetch: [] }, ['x']).keep).toEqual({ y: 'x' });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readProfile } from './profile.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-profile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const read = async (text: string, skip = 0) => {
  const path = join(folder, `${files++}.json`);
  await writeFile(path, text);
  return readProfile(path, skip);
};
const node = (
  name: string,
  op: string,
  index: number,
  micros: number,
  shape = '[{"float":[2,3]},{"uint8":[]}]',
): string =>
  `{"cat" : "Node","pid" :1,"tid" :1,"dur" :${micros},"ts" :5,"ph" : "X","name" :"${name}_kernel_time","args" : {"op_name" : "${op}","node_index" : "${index}","provider" : "CPUExecutionProvider","input_type_shape" : ${shape}}},`;
const run = '{"cat" : "Session","pid" :1,"tid" :1,"dur" :9,"ts" :5,"ph" : "X","name" :"model_run","args" : {}},';

test('sums up by node, run by run, and leaves out the first runs', async () => {
  const text = [
    '[',
    node('a', 'MatMul', 0, 100),
    run,
    node('a', 'MatMul', 0, 10),
    node('', 'Add', 1, 3),
    run,
    node('a', 'MatMul', 0, 20),
    run,
    ']',
  ];
  expect(await read(text.join('\n'), 1)).toEqual({
    runs: 2,
    unread: 0,
    events: [
      { name: 'a', op: 'MatMul', index: 0, calls: 2, micros: 30, firstInput: { dtype: 'float', dims: [2, 3] } },
      { name: '', op: 'Add', index: 1, calls: 1, micros: 3, firstInput: { dtype: 'float', dims: [2, 3] } },
    ],
  });
});

test('an input without dimensions, and none at all', async () => {
  const { events } = await read(
    [node('a', 'If', 0, 1, '[{"bool":[]}]'), node('b', 'Constant', 1, 1, '[]'), run].join('\n'),
  );
  expect(events.map(({ firstInput }) => firstInput)).toEqual([{ dtype: 'bool', dims: [] }, null]);
});

test('names with quotes, line breaks and pieces of events stay one event', async () => {
  const name = 'a"b\n{x_kernel_time","args" : {"op_name" : "Fake"\n\u0007';
  const { events, unread } = await read([node(name, 'Relu', 7, 42), run].join('\n'));
  expect(unread).toBe(0);
  expect(events).toMatchObject([{ name, op: 'Relu', index: 7, micros: 42 }]);
});

test('a file that is cut off, empty or no profile ends without an event', async () => {
  expect(await read('')).toEqual({ events: [], runs: 0, unread: 0 });
  expect(await read(`[\n${node('a', 'MatMul', 0, 1).slice(0, 90)}`)).toMatchObject({ events: [], runs: 0 });
  expect(await read(`{"cat" : "Node"_kernel_time","args" : {}\n${run}`)).toMatchObject({
    events: [],
    unread: 1,
    runs: 1,
  });
});

test('any text ends', async () => {
  const piece = fc.constantFrom(
    node('n', 'Op', 0, 1),
    run,
    '{"cat" :',
    '\n',
    '"',
    'x',
    '"dur" :9',
    ']',
    '{"cat" : "Node"',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const { events } = await read(pieces.join(''));
      for (const { micros, calls } of events) expect(Number.isFinite(micros) && calls > 0).toBe(true);
    }),
    { numRuns: 150, seed: 3 },
  );
});

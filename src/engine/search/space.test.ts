import { describe, expect, test } from 'vitest';
import {
  defaultSearch,
  type Context,
  type Machine,
  type Model,
  type Scenario,
  type SearchSettings,
} from '../../contracts/index.ts';
import { pointsOf, shapeOf } from '../../decide/search/index.ts';
import { encoderSample, learningFor } from '../../optimize/testing/learning.ts';
import { context, input, model } from '../../optimize/testing/quantized.ts';
import { readMachine } from '../../runtime/index.ts';
import { usualBuckets } from './buckets.ts';
import { makeSpace, type TechniqueSpace } from './space.ts';
import { checkChains } from './testing/check-chains.ts';

const on = async (...instructionSets: string[]): Promise<Machine> => ({
  ...(await readMachine()),
  cores: 2,
  cgroupCpuLimit: null,
  instructionSets,
});

const network = () => model('x: float32[N, 64]; w = float32[64, 32]{...}; y = MatMul(x, w)');
const rows: Context['calibration'] = async function* () {
  yield { x: input([2, 64], 'rows') };
};

const spaceOf = async (
  source: Model,
  search: Partial<SearchSettings> = {},
  more: Partial<Pick<Scenario, 'session' | 'must' | 'prefer' | 'budget'>> = {},
  world: Partial<Context> = {},
  machine?: Machine,
): Promise<TechniqueSpace> =>
  makeSpace({
    model: source,
    machine: machine ?? (await on('avx2')),
    scenario: {
      session: {},
      must: [],
      prefer: ['latency-p50', 'size'],
      budget: { minutes: 30 },
      ...more,
      search: { ...defaultSearch, ...search },
    },
    context: { ...(await context()), ...world },
  });

const textWorld = (): Partial<Context> => ({ learning: learningFor(encoderSample) });
const reasons = ({ excluded }: TechniqueSpace): string => excluded.map(({ reason }) => reason).join('\n');

describe('batches', () => {
  const techniques = ['quantize/dynamic'];
  const session = { intraOpThreads: 1 };

  test('where throughput counts they are part of the space: a chain has its own number, and back', async () => {
    const plain = await spaceOf(encoderSample.model, { techniques }, { session });
    const space = await spaceOf(
      encoderSample.model,
      { techniques },
      { session, prefer: ['throughput', 'latency-p50', 'size'] },
    );
    checkChains(space, 100);
    // Every chain alone, and by eights and by 32 as they come or by length; and the original itself in the last four ways.
    expect(space.points).toBe(
      5 * plain.points + (plain.excluded.some(({ reason }) => reason.includes('the original itself')) ? 4 : 0),
    );
    const at = space.space.dimensions.findIndex(({ id }) => id === 'session/batchSize');
    const seed = space.seeds.find((one) => space.chainOf(one).id === 'quantize/dynamic')!;
    const point = seed.with(at, 2);
    expect(space.chainOf(point)).toMatchObject({ id: 'quantize/dynamic, batches of 32', session: { batchSize: 32 } });
    expect(space.pointOf(space.chainOf(point))).toEqual(point);
    const byLength = point.with(at + 1, 1);
    expect(space.chainOf(byLength)).toMatchObject({
      id: 'quantize/dynamic, batches of 32, by length',
      session: { batchSize: 32, sequenceBuckets: usualBuckets },
    });
    expect(space.pointOf(space.chainOf(byLength))).toEqual(byLength);
    expect(plain.space.dimensions.some(({ id }) => id === 'session/batchSize')).toBe(false);
  });

  test('asked for where nothing gains by them, they are left out with the reason', async () => {
    const space = await spaceOf(encoderSample.model, { techniques, session: { batchSize: [8] } }, { session });
    expect(space.space.dimensions.some(({ id }) => id === 'session/batchSize')).toBe(false);
    expect(space.excluded).toContainEqual({
      reason: expect.stringMatching(/^batch size: .*neither limits nor prefers/) as string,
      points: space.points,
    });
  });
});

describe('a small text model', () => {
  test('every point is a chain in an order that makes sense, with its own name, and back; so is every seed', async () => {
    const space = await spaceOf(encoderSample.model, {}, {}, textWorld());
    checkChains(space, 200);
    expect(space.points).toBeGreaterThan(100);
    expect(space.seeds.map((seed) => space.chainOf(seed).id)).toEqual(
      expect.arrayContaining([
        'fuse/upstream-gather',
        'fuse/upstream-gather + quantize/dynamic',
        expect.stringMatching(/distill\/student \+ fuse\/upstream-gather$/),
      ]),
    );
  });

  test('the number of points is the number of those that can be listed', async () => {
    for (const techniques of [['quantize/*'], ['quantize/dynamic', 'exit/*', 'distill/student', 'trim/*']]) {
      const space = await spaceOf(encoderSample.model, { techniques }, {}, textWorld());
      expect(shapeOf(space.space).total).toBeLessThan(20_000);
      expect([...pointsOf(space.space)].length).toBe(space.points);
    }
  });

  test('a student is trained in the one way that is known, unless the user asks for others', async () => {
    const world = textWorld();
    const space = await spaceOf(encoderSample.model, {}, {}, world);
    const ids = space.space.dimensions.map(({ id }) => id);
    expect(ids).not.toContain('distill/student/layers');
    const asked = await spaceOf(encoderSample.model, { values: { 'distill/student': { layers: [1, 2] } } }, {}, world);
    expect(asked.space.dimensions.find(({ id }) => id === 'distill/student/layers')?.values).toEqual(['1', '2']);
  });

  test('a cascade needs something smaller in front of it', async () => {
    const { space, excluded } = await spaceOf(
      encoderSample.model,
      { techniques: ['exit/cascade', 'quantize/dynamic'] },
      {},
      textWorld(),
    );
    const [weights, exit] = ['weights', 'exit'].map((id) => space.dimensions.findIndex((one) => one.id === id));
    const point = space.dimensions.map((_, index) => (index === exit ? 1 : 0));
    expect(space.excluded(point)).toMatch(/exit\/cascade makes sense only together with distill/);
    expect(space.excluded(point.map((one, index) => (index === weights ? 1 : one)))).toBeNull();
    expect(excluded.find(({ reason }) => reason.startsWith('exit/cascade makes sense'))?.points).toBeGreaterThan(0);
  });
});

describe('what is left out, and why', () => {
  test('what needs data that is not there, what the model has not, and what gains nothing here', async () => {
    const space = await spaceOf(network());
    for (const reason of [
      /quantize\/static: it needs calibration data/,
      /quantize\/blockwise with method gptq needs calibration data/,
      /distill\/student: it needs examples to learn from/,
      /prune\/unstructured: the kernels multiply zeros like other numbers/,
      /quantize\/float16: there is no float16 kernel/,
      /quantize\/dynamic: the kernel adds two products in 16 bits/,
      /quantize\/embedding: the graph has no Gather/,
      /it is the original itself/,
    ])
      expect(reasons(space)).toMatch(reason);
    expect(space.excluded.every(({ points, reason }) => points > 0 && !reason.includes('\n'))).toBe(true);
    expect(new Set(space.excluded.map(({ reason }) => reason)).size).toBe(space.excluded.length);
  });

  test('it depends on the processor', async () => {
    const exact = await spaceOf(network(), {}, {}, { calibration: rows }, await on('avx2', 'avx512_vnni'));
    expect(reasons(exact)).toMatch(/quantize\/static: the int8 kernels of this CPU add in 32 bits and are exact/);
    const dimension = (space: TechniqueSpace, id: string) =>
      space.space.dimensions.find((one) => one.id === id)?.values;
    expect(dimension(exact, 'quantize/dynamic/bits')).toBeUndefined();
    const saturating = await spaceOf(network(), {}, {}, { calibration: rows });
    expect(dimension(saturating, 'quantize/dynamic/bits')).toEqual(['8', '7']);
    expect(reasons(await spaceOf(network(), {}, {}, {}, await on('asimd', 'asimdhp')))).not.toMatch(/float16:/);
  });

  test('who wants no fewer bytes is offered nothing that saves bytes only', async () => {
    const space = await spaceOf(network(), {}, { prefer: ['latency-p50'] });
    expect(reasons(space)).toMatch(/quantize\/float16-storage: it saves bytes only, which the scenario neither limits/);
    expect(reasons(space)).toMatch(/quantize\/blockwise: unpacking costs what the smaller weights save/);
    const limited = await spaceOf(
      network(),
      {},
      {
        prefer: ['latency-p50'],
        must: [{ metric: 'size', limit: { kind: 'at-most', value: 1e6 } }],
      },
    );
    expect(reasons(limited)).not.toMatch(/float16-storage/);
  });

  test('a technique that is named in full is tried although it is known not to pay', async () => {
    const space = await spaceOf(network(), { techniques: ['prune/unstructured', 'quantize/*'] });
    expect(space.space.dimensions.find(({ id }) => id === 'network')?.values).toEqual([
      'as it is',
      'prune/unstructured',
    ]);
    expect(reasons(space)).toMatch(/fuse\/attention: search.techniques leaves it out/);
  });
});

describe('what a user asks for', () => {
  test('settings of the runtime: threads by themselves, others on request, none that is fixed', async () => {
    const ids = async (search: Partial<SearchSettings>, session: Scenario['session'] = {}) => {
      const { space } = await spaceOf(network(), search, { session });
      return space.dimensions.filter(({ id }) => id.startsWith('session/')).map(({ id, values }) => [id, values]);
    };
    expect(await ids({})).toEqual([['session/intraOpThreads', ['1 thread', '2 threads']]]);
    expect(await ids({}, { intraOpThreads: 2 })).toEqual([]);
    expect(await ids({ session: { executionMode: ['parallel'], memoryArena: [true] } }, { intraOpThreads: 1 })).toEqual(
      [['session/executionMode', ['sequential execution', 'parallel execution']]],
    );
    const space = await spaceOf(network());
    const point = space.space.dimensions.map(({ id }) => (id === 'weights' || id.startsWith('session/') ? 1 : 0));
    expect(space.chainOf(point)).toMatchObject({ id: 'quantize/dynamic, 2 threads', session: { intraOpThreads: 2 } });
  });

  test('values of options in place of the declared ones, as the technique reads them', async () => {
    const space = await spaceOf(network(), {
      values: { 'quantize/blockwise': { blockSize: [16, '256'], bits: ['4'] } },
    });
    const of = (id: string) => space.space.dimensions.find((one) => one.id === id);
    expect(of('quantize/blockwise/blockSize')).toMatchObject({
      values: ['16', '256'],
      when: { dimension: 'weights' },
    });
    expect(of('quantize/blockwise/bits')).toBeUndefined();
  });

  test('groups of equal layers: a role, or a block, is left as it is', async () => {
    const world = textWorld();
    for (const layers of ['roles', 'blocks'] as const) {
      const space = await spaceOf(
        encoderSample.model,
        { layers, techniques: ['quantize/dynamic', 'distill/student'] },
        {},
        world,
      );
      const groups = space.space.dimensions.find(({ id }) => id === 'weights/layers');
      expect(groups?.values[0]).toBe('none');
      if (layers === 'blocks') expect(groups?.values.slice(1)).toEqual(['the first block', 'the last block']);
      checkChains(space, 100);
      const at = space.space.dimensions.findIndex((one) => one === groups);
      const point = space.space.dimensions.map(({ id }, index) => (id === 'weights' || index === at ? 1 : 0));
      const chain = space.chainOf(point);
      expect(chain.id).toBe(`quantize/dynamic without ${groups!.values[1]!}`);
      expect(chain.steps.at(-1)?.options['exclude']).not.toHaveLength(0);
      expect(reasons(space)).toMatch(/distill\/student makes a network whose layers have other names/);
    }
  });

  test.each([
    [{ techniques: ['quantise/*'] }, 'scenario/search', /no technique fits "quantise\/\*"/],
    [{ techniques: ['quantize/dynamc'] }, 'scenario/search', /did you mean "quantize\/dynamic"/],
    [{ values: { 'quantize/dynamc': {} } }, 'usage/technique', /did you mean "quantize\/dynamic"/],
    [{ values: { 'quantize/dynamic': { bit: ['8'] } } }, 'usage/option', /option "bit"/],
    [{ values: { 'quantize/blockwise': { bits: ['3'] } } }, 'usage/option', /expected one of 2, 4, 8/],
    [{ values: { 'convert/opset': { target: ['17'] } } }, 'scenario/search', /convert\/opset is no part of a search/],
    [
      { techniques: ['exit/*'], session: { intraOpThreads: [1] } },
      'engine/empty-space',
      /there is nothing to try: .*exit\/early: it needs examples/,
    ],
  ] as const)('%j is refused as %s', async (search, code, message) => {
    await expect(spaceOf(network(), search as Partial<SearchSettings>)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: expect.any(String) as string,
    });
  });
});

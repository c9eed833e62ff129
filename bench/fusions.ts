// Which fuse/* techniques pay on this CPU: each one, and all in order, against the raw graph, which ONNX Runtime optimizes as far as it can.
import { mkdtemp, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ChainStep, Context, Feeds, Model, RunResult, Session } from '../src/contracts/index.ts';
import { isSteelyardError, parseOptions } from '../src/contracts/index.ts';
import { applyChain } from '../src/engine/build/chain.ts';
import { createContext } from '../src/engine/run/context.ts';
import { madeUpFeeds } from '../src/engine/run/made-up-inputs.ts';
import { decodeFile, encodeFile } from '../src/model/onnx/index.ts';
import { techniques } from '../src/optimize/index.ts';
import { compareOutputs } from '../src/optimize/testing/compare.ts';
import { readMachine } from '../src/runtime/index.ts';
import { shared } from '../src/testing/shared.ts';
import { ask, distances, relativeError } from './answers.ts';
import { openClinc, type Clinc } from './clinc.ts';
import type { Variant } from './latency.ts';
import { timePaired, type PairedTimings } from './paired.ts';
import { inverse, table, times } from './table.ts';
import { worth } from './verdict.ts';

const fusions = techniques.filter(({ id }) => id.startsWith('fuse/'));
const shapes = [
  { rows: 1, tokens: 16 },
  { rows: 1, tokens: 128 },
  { rows: 8, tokens: 16 },
  { rows: 8, tokens: 128 },
] as const;
const shapeName = ({ rows, tokens }: (typeof shapes)[number]): string => `${rows} × ${tokens}`;
const raw = 'raw';
const together = 'all in order';

const whole = { texts: 300, timing: { maxSeconds: 15, minRounds: 30, maxRounds: 300, laps: 3, target: 0.01 } };
const quick = { texts: 50, timing: { maxSeconds: 2, minRounds: 6, maxRounds: 20, laps: 1 } };

type Applied =
  | { readonly kind: 'changed'; readonly model: Model; readonly places: number; readonly config: Variant['session'] }
  | { readonly kind: 'same'; readonly reason: string };

const applyOne = async (model: Model, technique: string, context: Context): Promise<Applied> => {
  const steps: ChainStep[] = [{ technique, options: {} }];
  try {
    const result = await applyChain(model, { id: technique, steps, session: {} }, context);
    if (result.kind === 'refused') return { kind: 'same', reason: result.refusal.reason };
    const places = result.steps.reduce((sum, { changes }) => sum + changes.length, 0);
    return { kind: 'changed', model: result.model, places, config: { config: result.config } };
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
    return { kind: 'same', reason: `${error.code}: ${error.message}` };
  }
};

/** All techniques one after another, each on what the ones before it made. */
const applyAll = async (model: Model, context: Context): Promise<Applied> => {
  let current = model;
  let places = 0;
  const config: Record<string, string> = {};
  for (const { id } of fusions) {
    const applied = await applyOne(current, id, context);
    if (applied.kind === 'same') continue;
    current = applied.model;
    places += applied.places;
    Object.assign(config, applied.config?.config);
  }
  return places === 0
    ? { kind: 'same', reason: 'none changes anything' }
    : { kind: 'changed', model: current, places, config: { config } };
};

interface Verdicts {
  readonly pays: string[];
  readonly costs: string[];
  readonly neither: string[];
}

/** One export of the real model: changes, error, latency. */
const measureExport = async (
  file: string,
  clinc: Clinc,
  folder: string,
  context: Context,
  effort: typeof whole | typeof quick,
): Promise<Verdicts> => {
  const model = await decodeFile(clinc.path);
  const applied = new Map<string, Applied>();
  for (const { id } of fusions) applied.set(id, await applyOne(model, id, context));
  applied.set(together, await applyAll(model, context));
  const variants: Record<string, Variant> = { [raw]: { path: clinc.path } };
  const nodes = new Map<string, number>();
  for (const [id, one] of applied) {
    if (one.kind === 'same') continue;
    const home = join(folder, `${file}-${id.replaceAll(/[^a-z0-9]+/g, '-')}`);
    await mkdir(home, { recursive: true });
    const path = join(home, 'model.onnx');
    await encodeFile(one.model, path);
    variants[id] = { path, session: one.config };
    nodes.set(id, one.model.graph.nodes.length);
  }
  const test = clinc.test.slice(0, effort.texts);
  const errors = new Map<string, string>();
  const reference = await ask(variants[raw]!, clinc.task, test);
  for (const [id, variant] of Object.entries(variants)) {
    if (id === raw) continue;
    try {
      errors.set(id, relativeError(distances(reference, await ask(variant, clinc.task, test))).toExponential(1));
    } catch (error) {
      errors.set(id, `fails: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const timings: PairedTimings[] = [];
  for (const shape of shapes) {
    process.stderr.write(`  ${file}: timing ${Object.keys(variants).length} graphs at ${shapeName(shape)}\n`);
    timings.push(await timePaired(variants, [clinc.batch(shape.rows, shape.tokens)], effort.timing));
  }
  console.log(
    `\n${file}: ${model.graph.nodes.length} nodes; ${shapes.map((shape, at) => `${timings[at]!.ms(raw)!.toFixed(2)} ms at ${shapeName(shape)}`).join(', ')}\n`,
  );
  const verdicts: Verdicts = { pays: [], costs: [], neither: [] };
  const rows = [...applied].map(([id, one]) => {
    if (one.kind === 'same') return [id, `no change: ${one.reason}`];
    const ratios = timings.map((timed) => timed.ratio(id, raw));
    const { pays, costs } = worth(shapes.map((shape, at) => ({ where: shapeName(shape), ratio: ratios[at]! })));
    if (pays.length > 0) verdicts.pays.push(`${id} (${file}, at ${pays.join(', ')})`);
    if (costs.length > 0) verdicts.costs.push(`${id} (${file}, at ${costs.join(', ')})`);
    if (pays.length + costs.length === 0) verdicts.neither.push(`${id} (${file})`);
    return [
      id,
      `${one.places} places, ${nodes.get(id)} nodes left`,
      errors.get(id)!,
      ...ratios.map((ratio) => (ratio === null ? 'failed' : times(inverse(ratio), 3))),
    ];
  });
  console.log(table(['technique', 'change', 'error', ...shapes.map(shapeName)], rows));
  for (const [at, { caveat, failed }] of timings.entries()) {
    if (caveat !== null) console.log(`at ${shapeName(shapes[at]!)}: ${caveat}`);
    for (const [id, reason] of failed) console.log(`at ${shapeName(shapes[at]!)}: ${id} failed: ${reason}`);
  }
  return verdicts;
};

/** Outputs on the feeds, or null when the graph does not take them. */
const runAll = async (session: Session, feeds: readonly Feeds[]): Promise<RunResult[] | null> => {
  try {
    const results: RunResult[] = [];
    for (const one of feeds) results.push(await session.run(one));
    return results;
  } catch (error) {
    if (!isSteelyardError(error)) throw error;
    return null;
  }
};

/** ONNX Runtime's own BERT test graphs: too small to time, so only what changes and how far outputs move. */
const checkGraphs = async (paths: readonly string[], context: Context): Promise<void> => {
  const found = new Map<string, { changed: string[]; worst: number; faults: string[] }>(
    [...fusions.map(({ id }) => id), together].map((id) => [id, { changed: [], worst: 0, faults: [] }]),
  );
  let [compared, refused] = [0, 0];
  for (const path of paths) {
    const name = basename(path, '.onnx');
    let session: Session;
    let model: Model;
    try {
      model = await decodeFile(path);
      session = await context.open(path);
    } catch (error) {
      if (!isSteelyardError(error)) throw error;
      refused++;
      continue;
    }
    try {
      const feeds = madeUpFeeds(model, 1).slice(0, 2);
      const expected = feeds.length === 0 ? null : await runAll(session, feeds);
      if (expected === null) {
        refused++;
        continue;
      }
      compared++;
      for (const [id, line] of found) {
        const applied = id === together ? await applyAll(model, context) : await applyOne(model, id, context);
        if (applied.kind === 'same') continue;
        line.changed.push(name);
        try {
          const other = await context.open(applied.model);
          try {
            const actual = await runAll(other, feeds);
            if (actual === null) line.faults.push(`${name}: does not run`);
            else line.worst = Math.max(line.worst, compareOutputs(expected, actual).relativeError);
          } finally {
            await other.close();
          }
        } catch (error) {
          line.faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    } finally {
      await session.close();
    }
  }
  console.log(
    `\nONNX Runtime’s own BERT, GPT and fusion test graphs: ${compared} compared on made-up inputs, ${refused} take none of them\n`,
  );
  console.log(
    table(
      ['technique', 'graphs changed', 'largest error', 'stated tolerance', 'faults'],
      [...found].map(([id, { changed, worst, faults }]) => {
        const technique = fusions.find((one) => one.id === id);
        const stated = technique?.tolerance(parseOptions(id, technique.options)) ?? null;
        return [
          id,
          `${changed.length}${changed.length > 0 && changed.length <= 4 ? `: ${changed.join(', ')}` : ''}`,
          changed.length === 0 ? '' : worst.toExponential(1),
          stated === null ? '' : stated.toExponential(0),
          faults.join('; '),
        ];
      }),
    ),
  );
};

/** Prints which fusions pay, which cost and which do nothing on this CPU; progress goes to stderr. `--quick` only checks that all works. */
export const run = async (): Promise<void> => {
  const effort = process.argv.includes('--quick') ? quick : whole;
  const machine = await readMachine();
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-fusions-'));
  const context = createContext({ seed: 1, workFolder: folder });
  const all: Verdicts = { pays: [], costs: [], neither: [] };
  console.log('Graph fusions against the raw graph, ONNX Runtime at its level "all" on both (predicted: 0 to 6 %)\n');
  console.log(
    `ONNX Runtime ${machine.onnxruntime}; ${machine.cpu}, ${machine.cores} cores, ${machine.instructionSets.filter((set) => /avx|amx|asimddp|i8mm/.test(set)).join(' ')}; speeds are times as fast as the raw graph (batch × tokens, one thread)` +
      `${effort === quick ? '; a quick check, its numbers are worth nothing' : ''}`,
  );
  try {
    for (const file of ['model.onnx', 'model_dynamo.onnx']) {
      const clinc = await openClinc(file);
      if (clinc === null) {
        console.log(`skipped: ../shared/models/clinc150-bert/onnx/${file} or ../shared/data/clinc150 is not there`);
        continue;
      }
      const { pays, costs, neither } = await measureExport(file, clinc, folder, context, effort);
      all.pays.push(...pays);
      all.costs.push(...costs);
      all.neither.push(...neither);
    }
    const root = shared('conformance', 'onnxruntime-testdata-2020');
    if (root === null) console.log('\nskipped: ../shared/conformance/onnxruntime-testdata-2020 is not there');
    else {
      const names = await readdir(root, { recursive: true });
      const wanted = names.filter((name) => /(bert|gpt2|transform[/\\]fusion)[^]*\.onnx$/.test(name)).toSorted();
      await checkGraphs(
        wanted.map((name) => join(root, name)),
        context,
      );
    }
    const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join('; '));
    console.log(`\n- pays: ${list(all.pays)}\n- costs: ${list(all.costs)}\n- neither: ${list(all.neither)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

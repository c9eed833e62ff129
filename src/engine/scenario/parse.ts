import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  SteelyardError,
  type Chain,
  type ChainStep,
  type DataSource,
  type Gate,
  type MetricSpec,
  type Scenario,
  type SessionOptions,
} from '../../contracts/index.ts';
import { closest } from '../../contracts/closest.ts';
import { check, locate, place, type Located } from '../../data/yaml/index.ts';
import { presetSchema, scenarioSchema, type PresetFile, type ScenarioFile } from './schema.ts';
import { taskOf } from './task.ts';
import { limitKeys, limitOf, millisecondsOf } from './quantity.ts';
import { readPreset } from './presets.ts';
import { chainId } from './chain-id.ts';
import { checkGates } from './gates.ts';
import { camel } from './keys.ts';
import { searchOf } from './search.ts';
import { targetOf } from './target.ts';

const largestBytes = 4 * 1024 * 1024;

const ofYaml = {
  code: 'scenario/yaml',
  hint: 'often a bracket or a quote that is not closed, or lines that are not indented alike; presets/ holds examples',
} as const;
const ofKeys = {
  code: 'scenario/invalid',
  hint: 'the JSON Schema in schema/scenario.schema.json describes every key',
} as const;

/** A file that users write as YAML, with its positions. Errors: `scenario/yaml`. */
export const locateFile = (file: string, text: string): Located => locate(file, text, ofYaml.code, ofYaml.hint);

const sessionOf = (raw: ScenarioFile['session']): Partial<SessionOptions> => ({
  ...(raw?.threads === undefined ? {} : { intraOpThreads: raw.threads }),
  ...(raw?.['batch-size'] === undefined ? {} : { batchSize: raw['batch-size'] }),
  ...(raw?.['sequence-buckets'] === undefined ? {} : { sequenceBuckets: raw['sequence-buckets'] }),
  ...(raw?.['graph-optimization'] === undefined ? {} : { graphOptimization: raw['graph-optimization'] }),
  ...(raw?.['execution-mode'] === undefined ? {} : { executionMode: raw['execution-mode'] }),
  ...(raw?.['memory-arena'] === undefined ? {} : { memoryArena: raw['memory-arena'] }),
  ...(raw?.['memory-pattern'] === undefined ? {} : { memoryPattern: raw['memory-pattern'] }),
  ...(raw?.config === undefined ? {} : { config: raw.config }),
});

/** One step: "quantize/dynamic", or { quantize/dynamic: { per-channel: true } }. Option keys may be kebab-case. */
const stepOf = (raw: string | Record<string, Record<string, unknown>>): ChainStep => {
  if (typeof raw === 'string') return { technique: raw, options: {} };
  const entries = Object.entries(raw);
  if (entries.length !== 1)
    throw new SteelyardError(
      'scenario/candidate',
      `a step names one technique, this one names ${entries.length}: ${entries.map(([key]) => key).join(', ')}`,
      'write each step as its own list item',
    );
  const [technique, options] = entries[0]!;
  return { technique, options: Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value])) };
};

const chainOf = (raw: NonNullable<ScenarioFile['candidates']>[number]): Chain => {
  const steps = (typeof raw === 'string' ? [raw] : Array.isArray(raw) ? raw : raw.steps).map(stepOf);
  const session = typeof raw === 'string' || Array.isArray(raw) ? {} : sessionOf(raw.session);
  const id = typeof raw === 'object' && !Array.isArray(raw) && raw.id !== undefined ? raw.id : chainId(steps, session);
  return { id, steps, session };
};

/** A data source as written, with the column map that it shares with others. */
export const sourceOf = (
  raw: ScenarioFile['data']['evaluation'],
  shared: ScenarioFile['data']['columns'],
): DataSource => {
  const own: Exclude<typeof raw, string> = typeof raw === 'string' ? { path: raw } : raw;
  const columns = own.columns ?? shared ?? {};
  return {
    path: own.path,
    columns: { ...columns, groups: columns.groups ?? [] },
    ...(own.suite === undefined ? {} : { suite: own.suite }),
    ...(own.limit === undefined ? {} : { limit: own.limit }),
  };
};

const gateOf = (located: Located, metrics: readonly MetricSpec[]) => {
  return (raw: NonNullable<PresetFile['must']>[number], index: number): Gate => {
    const where = place(located, ['must', index]);
    const metric = metrics.find(({ id }) => id === raw.metric);
    if (metric === undefined) {
      const near = closest(
        raw.metric,
        metrics.map(({ id }) => id),
      );
      throw new SteelyardError(
        'scenario/metric',
        `${where}: unknown metric "${raw.metric}"${near === null ? '' : `; did you mean "${near}"?`}`,
        'steelyard metrics lists everything that can be measured',
      );
    }
    const given = limitKeys.filter((key) => raw[key] !== undefined);
    if (given.length !== 1)
      throw new SteelyardError(
        'scenario/gate',
        `${where}: the gate on "${raw.metric}" has ${given.length === 0 ? 'no limit' : `${given.length} limits (${given.join(', ')})`}, expected exactly one`,
        `give one of ${limitKeys.join(', ')}`,
      );
    try {
      const limit = limitOf(metric, given[0]!, raw[given[0]!]!);
      return {
        metric: metric.id,
        limit,
        ...(raw.slice === undefined ? {} : { slice: raw.slice }),
        ...(raw.because === undefined ? {} : { because: raw.because }),
      };
    } catch (error) {
      if (error instanceof SteelyardError)
        throw new SteelyardError(error.code, `${where}: ${error.message}`, error.hint);
      throw error;
    }
  };
};

const preferOf = (located: Located, prefer: readonly string[], metrics: readonly MetricSpec[]): readonly string[] => {
  for (const [index, id] of prefer.entries()) {
    const metric = metrics.find((one) => one.id === id);
    if (metric !== undefined && metric.better !== 'neither') continue;
    const where = place(located, ['prefer', index]);
    const usable = metrics.filter(({ better }) => better !== 'neither').map((one) => one.id);
    const near = closest(id, usable);
    throw new SteelyardError(
      'scenario/metric',
      metric === undefined
        ? `${where}: unknown metric "${id}"${near === null ? '' : `; did you mean "${near}"?`}`
        : `${where}: "${id}" has no better direction, so it cannot be preferred`,
      'steelyard metrics lists everything that can be measured, and which direction is better',
    );
  }
  return prefer;
};

/** Options of evaluators by their own names; whether they exist is for those to say who know them all. */
const weighOf = (raw: NonNullable<PresetFile['weigh']>): Scenario['weigh'] =>
  Object.fromEntries(
    Object.entries(raw).map(([id, options]) => [
      id,
      Object.fromEntries(Object.entries(options ?? {}).map(([key, value]) => [camel(key), value])),
    ]),
  );

const trafficOf = (raw: NonNullable<PresetFile['traffic']>, where: string): Scenario['traffic'] => ({
  batchSize: raw['batch-size'] ?? 1,
  ...(raw['requests-per-month'] === undefined ? {} : { requestsPerMonth: raw['requests-per-month'] }),
  ...(raw['requests-per-second'] === undefined ? {} : { requestsPerSecond: raw['requests-per-second'] }),
  ...(raw['latency-limit'] === undefined
    ? {}
    : { latencyLimitMs: millisecondsOf(raw['latency-limit'], `${where}: latency-limit`) }),
});

const priceOf = (raw: NonNullable<PresetFile['price']>): NonNullable<Scenario['price']> => ({
  perHour: raw['per-hour'],
  currency: raw.currency,
  cores: raw.cores,
  ...(raw.other === undefined
    ? {}
    : {
        other: raw.other.map((line) =>
          'once' in line ? { name: line.name, once: line.once } : { name: line.name, perMonth: line['per-month'] },
        ),
      }),
});

/** Turn a scenario's text into the noun. `metrics` are all that the evaluators can measure.
 *  Errors: `scenario/yaml`, `scenario/invalid`, `scenario/task`, `scenario/metric`, `scenario/gate`, `scenario/contradiction`, `scenario/unit`, `scenario/preset`, each with file, line and column. */
export const parseScenario = async (file: string, text: string, metrics: readonly MetricSpec[]): Promise<Scenario> => {
  const located = locateFile(file, text);
  const raw = check(located, scenarioSchema, ofKeys);
  let preset: PresetFile = {};
  let presetAt = located;
  if (raw.preset !== undefined) {
    const { file: presetFile, text: presetText } = await readPreset(raw.preset, place(located, ['preset']));
    presetAt = locateFile(presetFile, presetText);
    preset = check(presetAt, presetSchema, ofKeys);
  }
  const mustAt = raw.must === undefined ? presetAt : located;
  const must = (raw.must ?? preset.must ?? []).map(gateOf(mustAt, metrics));
  checkGates(must, metrics, (index) => place(mustAt, ['must', index]));
  const prefer = raw.prefer ?? preset.prefer ?? ['latency-p50', 'size'];
  const price = raw.price === undefined ? (preset.price ?? null) : raw.price;
  const candidates = raw.candidates?.map(chainOf) ?? null;
  const twice = candidates?.find((chain, index) => candidates.findIndex(({ id }) => id === chain.id) !== index);
  if (twice !== undefined)
    throw new SteelyardError(
      'scenario/candidate',
      `${place(located, ['candidates'])}: the candidate "${twice.id}" is listed twice`,
    );
  const traffic = { ...preset.traffic, ...raw.traffic };
  const holdback = raw.data.holdback ?? { share: 0.5 };
  return {
    name: raw.name ?? preset.name ?? 'scenario',
    model: raw.model,
    task: taskOf(raw.task, (key) => place(located, ['task'], key)),
    data: {
      ...(raw.data.calibration === undefined ? {} : { calibration: sourceOf(raw.data.calibration, raw.data.columns) }),
      ...(raw.data.train === undefined ? {} : { train: sourceOf(raw.data.train, raw.data.columns) }),
      ...(raw.data.validation === undefined ? {} : { validation: sourceOf(raw.data.validation, raw.data.columns) }),
      ...(raw.data['out-of-scope'] === undefined
        ? {}
        : { outOfScope: sourceOf(raw.data['out-of-scope'], raw.data.columns) }),
      ...(raw.data.corpus === undefined ? {} : { corpus: sourceOf(raw.data.corpus, undefined) }),
      evaluation: sourceOf(raw.data.evaluation, raw.data.columns),
      holdback:
        typeof holdback === 'object' && 'share' in holdback
          ? { share: holdback.share }
          : sourceOf(holdback, raw.data.columns),
    },
    traffic: trafficOf(traffic, place(located, ['traffic', 'latency-limit'])),
    session: { ...sessionOf(preset.session), ...sessionOf(raw.session) },
    price: price === null ? null : priceOf(price),
    must,
    prefer: preferOf(raw.prefer === undefined ? presetAt : located, prefer, metrics),
    weigh: weighOf({ ...preset.weigh, ...raw.weigh }),
    budget: raw.budget ?? preset.budget ?? { minutes: 30 },
    confidence: raw.confidence ?? preset.confidence ?? 0.95,
    seed: raw.seed ?? 1,
    candidates,
    search: searchOf(raw.search ?? preset.search),
    target: raw.target === undefined ? null : targetOf(raw.target, (key) => place(located, ['target', key])),
  };
};

/** Why a file could not be read, in words. */
const wrongWithFile = (cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  return code === 'EACCES' ? 'it may not be read' : message;
};

/** The text of a file that a user wrote, and the folder that paths inside it are relative to.
 *  Errors: `scenario/missing`, `scenario/too-large`, `scenario/yaml` for a binary file. */
export const readText = async (path: string): Promise<{ text: string; folder: string }> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SteelyardError(
      'scenario/missing',
      `cannot read the file ${path}: ${wrongWithFile(cause)}`,
      'give the path of a YAML file; presets/ holds commented ones to start from',
      { cause },
    );
  }
  if (bytes.length > largestBytes)
    throw new SteelyardError(
      'scenario/too-large',
      `${path} has ${bytes.length} bytes, a scenario has at most ${largestBytes}`,
      'give the scenario (YAML), not a model or data; presets/ holds commented ones to start from',
    );
  const text = bytes.toString('utf8');
  if (text.includes('\0')) throw new SteelyardError('scenario/yaml', `${path} is a binary file, expected YAML text`);
  return { text, folder: dirname(resolve(path)) };
};

/** Read a scenario file. Paths inside it are relative to `folder`. Errors: those of readText and of parseScenario. */
export const readScenario = async (
  path: string,
  metrics: readonly MetricSpec[],
): Promise<{ scenario: Scenario; folder: string; text: string }> => {
  const { text, folder } = await readText(path);
  return { scenario: await parseScenario(path, text, metrics), folder, text };
};

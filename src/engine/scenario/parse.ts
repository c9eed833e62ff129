import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
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
import { presetSchema, scenarioSchema, type PresetFile, type ScenarioFile } from './schema.ts';
import { taskOf } from './task.ts';
import { limitKeys, limitOf, millisecondsOf } from './quantity.ts';
import { readPreset } from './presets.ts';
import { chainId } from './chain-id.ts';
import { closest } from './closest.ts';
import { checkGates } from './gates.ts';
import { camel } from './keys.ts';
import { searchOf } from './search.ts';
import { targetOf } from './target.ts';

const largestBytes = 4 * 1024 * 1024;

/** A YAML document with the means to say where in it something is wrong. */
export interface Located {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

const place = (located: Located, path: readonly PropertyKey[], key?: string): string => {
  let at: readonly PropertyKey[] = path;
  while (at.length > 0 && !located.document.hasIn(at)) at = at.slice(0, -1);
  const node = at.length === 0 ? located.document.contents : located.document.getIn(at, true);
  let offset = isNode(node) ? node.range?.[0] : undefined;
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && String(item.key) === key);
    if (pair !== undefined && isNode(pair.key)) offset = pair.key.range?.[0];
  }
  if (offset === undefined) return located.file;
  const { line, col } = located.lines.linePos(offset);
  return `${located.file}:${line}:${col}`;
};

const pathText = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'the file' : path.map(String).join('.');

/** The schemas that a value at this place may have, without what wraps them. */
const bare = (schema: unknown): readonly object[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('unwrap' in schema && typeof schema.unwrap === 'function') return bare(schema.unwrap());
  return 'options' in schema && Array.isArray(schema.options) ? schema.options.flatMap(bare) : [schema];
};

const knownKeys = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => {
  let at = bare(schema);
  for (const part of path)
    at = at.flatMap((one) =>
      'shape' in one
        ? bare((one.shape as Record<string, unknown>)[String(part)])
        : 'element' in one
          ? bare(one.element)
          : [],
    );
  return at.flatMap((one) => ('shape' in one ? Object.keys(one.shape as object) : []));
};

/** Flatten a union's issues to those of the member that came furthest. */
const deepest = (issue: z.core.$ZodIssue): z.core.$ZodIssue => {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const best = issue.errors
    .map((branch) => branch[0]!)
    .toSorted((a, b) => Number(a.code === 'invalid_type') - Number(b.code === 'invalid_type'))
    .sort((a, b) => b.path.length - a.path.length)[0]!;
  return deepest({ ...best, path: [...issue.path, ...best.path] });
};

/** How faults of a file's keys are told. */
export interface Complaint {
  readonly code: string;
  readonly hint: string;
}
const ofScenario: Complaint = {
  code: 'scenario/invalid',
  hint: 'the JSON Schema in schema/scenario.schema.json describes every key',
};

const complain = (located: Located, schema: z.ZodType, error: z.ZodError, { code, hint }: Complaint): never => {
  const issues = error.issues.slice(0, 10).map(deepest);
  const lines = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const key = issue.keys[0]!;
      const known = knownKeys(schema, issue.path);
      const near = closest(key, known);
      const help = near !== null ? `; did you mean "${near}"?` : known.length > 0 ? `; known: ${known.join(', ')}` : '';
      return `${place(located, issue.path, key)}: unknown key "${key}" in ${pathText(issue.path)}${help}`;
    }
    return `${place(located, issue.path)}: ${pathText(issue.path)}: ${issue.message}`;
  });
  throw new SteelyardError(code, lines.join('\n'), hint);
};

/** Parse YAML with its positions. Errors: `scenario/yaml` with line and column. */
export const locate = (file: string, text: string): Located => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const first = document.errors[0];
  if (first !== undefined) {
    const { line, col } = lines.linePos(first.pos[0]);
    throw new SteelyardError(
      'scenario/yaml',
      `${file}:${line}:${col}: ${first.message}`,
      'a scenario is a YAML mapping',
    );
  }
  return { file, document, lines };
};

/** The file's keys as a schema knows them. Errors: `scenario/yaml`, and the complaint's code with line and column of every fault. */
export const check = <T>(located: Located, schema: z.ZodType<T>, complaint: Complaint = ofScenario): T => {
  let raw: unknown;
  try {
    raw = located.document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new SteelyardError('scenario/yaml', `${located.file}: ${(cause as Error).message}`, undefined, { cause });
  }
  const result = schema.safeParse(raw);
  return result.success ? result.data : complain(located, schema, result.error, complaint);
};

const sessionOf = (raw: ScenarioFile['session']): Partial<SessionOptions> => ({
  ...(raw?.threads === undefined ? {} : { intraOpThreads: raw.threads }),
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
        `known metrics: ${metrics.map(({ id }) => id).join(', ')}`,
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
      `metrics that can be preferred: ${usable.join(', ')}`,
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
  const located = locate(file, text);
  const raw = check(located, scenarioSchema);
  let preset: PresetFile = {};
  let presetAt = located;
  if (raw.preset !== undefined) {
    const { file: presetFile, text: presetText } = await readPreset(raw.preset, place(located, ['preset']));
    presetAt = locate(presetFile, presetText);
    preset = check(presetAt, presetSchema);
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

/** The text of a file that a user wrote, and the folder that paths inside it are relative to.
 *  Errors: `scenario/missing`, `scenario/too-large`, `scenario/yaml` for a binary file. */
export const readText = async (path: string): Promise<{ text: string; folder: string }> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SteelyardError(
      'scenario/missing',
      `cannot read the scenario file ${path}: ${(cause as Error).message}`,
      'give the path of a YAML file; presets/ holds commented ones to start from',
      { cause },
    );
  }
  if (bytes.length > largestBytes)
    throw new SteelyardError(
      'scenario/too-large',
      `${path} has ${bytes.length} bytes, a scenario has at most ${largestBytes}`,
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

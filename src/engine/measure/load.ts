import {
  SteelyardError,
  defaultSessionOptions,
  type Context,
  type Feeds,
  type LoadClient,
  type LoadPlan,
  type Machine,
  type Played,
  type Progress,
  type Session,
} from '../../contracts/index.ts';
import {
  defaultMaxTokens,
  openClient,
  openEndpoint,
  openSession,
  readAddress,
  readMachine,
  type EndpointSettings,
  type LoadTarget,
} from '../../runtime/index.ts';
import { seeded } from '../../statistics/index.ts';
import { alikeOf, checkCaching } from '../../weigh/load/scenarios/caching.ts';
import type { Violation } from '../../weigh/load/scenarios/compliance.ts';
import { arrivalPlan, offlinePlan, streamPlan, type Draws } from '../../weigh/load/scenarios/plans.ts';
import { spanOf } from '../../weigh/load/scenarios/readings.ts';
import { warmClient } from '../../weigh/load/scenarios/runs.ts';
import { arrivalsOf } from '../../weigh/load/scenarios/server.ts';
import { mlperfSummary } from '../../weigh/load/scenarios/detail-log.ts';
import { summarize, type RunSpec, type RunSummary, type ScenarioName } from '../../weigh/load/scenarios/summary.ts';
import { expectedTraffic } from '../../weigh/load/scenarios/traffic.ts';
import { disturbance, unreadable, unrest, watch, type Watched } from '../../weigh/load/watch.ts';
import { readTrace, traceRate } from '../../weigh/load/schedule/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import { complianceOf, type Complied } from './load-compliance.ts';
import { endpointInputs } from './load-inputs.ts';
import { withModel } from '../build/one-model.ts';

export interface LoadSettings {
  /** Model folder, .onnx file, hf: reference, or the address of an endpoint. */
  readonly target: string;
  readonly scenario: ScenarioName;
  /** 0 or absent: half of what one request after the other shows to be possible. */
  readonly rate?: number | undefined;
  readonly limitMs?: number | undefined;
  readonly percentile: number;
  readonly seconds: number;
  readonly minQueries: number;
  readonly arrivals: 'poisson' | 'gamma' | 'constant' | 'trace';
  readonly burstiness: number;
  readonly trace?: string | undefined;
  readonly batchSize: number;
  readonly threads: number;
  readonly data?: string | undefined;
  readonly textColumn?: string | undefined;
  readonly tokenizer?: string | undefined;
  /** For endpoints. */
  readonly endpoint: Omit<EndpointSettings, 'url'>;
  readonly seed: number;
  readonly base: string;
  readonly signal: AbortSignal;
  readonly progress?: (progress: Progress) => void;
  readonly log?: Context['log'];
}

export interface LoadReport {
  readonly target: string;
  readonly scenario: ScenarioName;
  readonly spec: RunSpec;
  readonly inputs: string;
  /** How tensors travelled to an endpoint of the Open Inference Protocol; null: there was no such endpoint. */
  readonly tensors: 'json' | 'binary' | null;
  readonly assumed: readonly string[];
  readonly summary: RunSummary;
  /** Under the names of LoadGen's log. */
  readonly mlperf: ReturnType<typeof mlperfSummary>;
  /** Faults by kind, with one message of each. */
  readonly faults: readonly { readonly code: string; readonly count: number; readonly message: string }[];
  readonly violations: readonly Violation[];
  /** MLPerf's compliance tests by name, and what came of each. */
  readonly compliance: readonly Complied[];
  /** What a reader must know about the machine during the run. */
  readonly notes: readonly string[];
  readonly collectingMs: number;
  readonly machine: Machine;
}

const isAddress = (target: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(target);

/** Calls of the same shape, with as many words where they are texts. */
const kindOf = (feeds: Feeds): string =>
  JSON.stringify(
    Object.values(feeds).map(({ dtype, dims, data }) => [
      dims,
      dtype === 'string' ? (data as readonly string[]).map((text) => text.split(/\s+/).length) : null,
    ]),
  );

const outputsKept = 32;
const samplesOfMultiStream = 8;

interface Reached {
  readonly target: LoadTarget;
  readonly calls: readonly Feeds[];
  readonly source: string;
  readonly tensors: LoadReport['tensors'];
  readonly open: () => Promise<Session>;
}

const run = async (settings: LoadSettings, reached: Reached, now: () => number): Promise<LoadReport> => {
  const { scenario, seconds, signal } = settings;
  const say = (label: string): void => settings.progress?.({ label, done: 0, total: null });
  say('connecting');
  let client: LoadClient | null = await openClient(reached.target, reached.calls, { signal });
  try {
    throwIfCancelled(signal);
    const { calls } = reached;
    say('warming up');
    // The other half is new when a cache is looked for.
    const warming = Math.ceil(calls.length / 2);
    const { warmMs } = await warmClient(client, warming, now);
    const kinds = calls.map(kindOf);
    const isOneKind = new Set(kinds).size === 1;
    const caching = await checkCaching(
      client,
      alikeOf(calls.length, warming, (call) => kinds[call]!),
      warmMs,
    );
    throwIfCancelled(signal);
    const traced = settings.arrivals === 'trace' ? traceRate(await readTrace(settings.trace ?? '')) : 0;
    const expected = expectedTraffic({}, { rate: settings.rate || traced, limitMs: settings.limitMs ?? 0 }, warmMs);
    const share = {
      minMs: seconds * 1000,
      minQueries: settings.minQueries,
      maxMs: Math.max(60_000, 10 * seconds * 1000),
    };
    const library = { size: calls.length, selection: isOneKind ? 'with-replacement' : 'equal-issue' } as const;
    const draws: Draws = {
      samples: seeded(settings.seed, 'load/samples/0'),
      log: seeded(settings.seed, 'load/log/0'),
      keep: outputsKept,
    };
    const timeoutMs = settings.endpoint.timeoutMs ?? 10_000;
    const drainMs = Math.max(2_000, timeoutMs + 500);
    const callsPerQuery = scenario === 'multi-stream' ? Math.ceil(samplesOfMultiStream / settings.batchSize) : 1;
    const planOf = async (callMs: number): Promise<LoadPlan> => {
      if (scenario === 'offline') return offlinePlan(share, callMs, library, draws);
      if (scenario !== 'server') return streamPlan(share, warmMs * callsPerQuery, callsPerQuery, library, draws);
      const arriving = { arrivals: settings.arrivals, burstiness: settings.burstiness, trace: settings.trace ?? '' };
      const at = await arrivalsOf(arriving, expected.rate, share, seeded(settings.seed, 'load/arrivals/0'));
      return arrivalPlan(at, library, draws, drainMs);
    };
    const attempt = async (callMs: number): Promise<{ plan: LoadPlan; played: Played; watched: Watched }> => {
      const plan = await planOf(callMs);
      say(`sending requests for ${seconds} s`);
      const end = watch();
      const played = await client!.play(plan);
      return { plan, played, watched: end() };
    };
    let done = await attempt(warmMs);
    // A pile is worked off faster than one call after the other shows: it grows until it lasts.
    for (let more = 0; scenario === 'offline' && more < 3 && spanOf(done.played) < share.minMs; more++)
      done = await attempt(spanOf(done.played) / Math.max(1, done.played.state.length) / 1.3);
    const { plan, played, watched } = done;
    await client.close();
    client = null;
    throwIfCancelled(signal);
    const dead = played.faults.find(({ code }) => code.startsWith('runtime/') || code === 'load/client');
    if (dead !== undefined) throw new SteelyardError(dead.code, dead.message);
    if (played.state.length === 0)
      throw new SteelyardError(
        'load/nothing-sent',
        'the schedule holds no request',
        'give more --seconds or a higher --rate',
      );
    const kept = played.kept.flatMap(({ query, outputs }) =>
      outputs.map((one, i) => ({ call: plan.calls[(query * callsPerQuery + i) % plan.calls.length]!, outputs: one })),
    );
    say('comparing answers');
    const maxTokens = settings.endpoint.maxTokens ?? defaultMaxTokens;
    const compliance = await complianceOf(kept, calls, reached.open, maxTokens, caching);
    const arrives = scenario === 'server';
    const spec: RunSpec = {
      name: settings.target,
      scenario,
      samplesPerQuery: callsPerQuery * settings.batchSize,
      rate: arrives ? expected.rate : null,
      limitMs: arrives || settings.limitMs !== undefined ? expected.limitMs : null,
      percentile: settings.percentile,
      minMs: share.minMs,
      minQueries: share.minQueries,
      lostMs: drainMs,
    };
    const summary = summarize(played, spec);
    const notes = [disturbance(watched), unrest(watched), unreadable(watched)].filter((one) => one !== null);
    const assumed = arrives ? [expected.assumedRate, expected.assumedLimit].filter((one) => one !== null) : [];
    return {
      target: settings.target,
      scenario,
      spec,
      inputs: reached.source,
      tensors: reached.tensors,
      assumed,
      summary,
      mlperf: mlperfSummary(summary, spec),
      faults: played.faults,
      violations: compliance.violations,
      compliance: compliance.tests,
      notes,
      collectingMs: played.collectingMs,
      machine: await readMachine(),
    };
  } finally {
    await client?.close();
  }
};

/** Put a model, or an endpoint that somebody serves, under load by one of MLPerf's scenarios, and say what came of it.
 *  Errors: `model/…`, `data/…`, `runtime/…`; `endpoint/…` when the endpoint cannot be reached at all (faults of single requests are counted);
 *  `load/trace`, `load/nothing-sent`, `engine/inputs`, `engine/cancelled`. */
export const loadTest = async (settings: LoadSettings): Promise<LoadReport> => {
  const now = (): number => performance.now();
  const { signal } = settings;
  if (isAddress(settings.target)) {
    const asked = { ...settings.endpoint, url: settings.target };
    readAddress(settings.target);
    const session = await openEndpoint(asked);
    // What was agreed on holds for every connection of the run.
    const endpoint = session.tensors === null ? asked : { ...asked, tensors: session.tensors };
    const open = (): Promise<Session> => openEndpoint(endpoint);
    let inputs: Awaited<ReturnType<typeof endpointInputs>>;
    try {
      inputs = await endpointInputs(session, settings);
      // One request by hand: an endpoint that does not understand it is told before anything is measured.
      await session.run(inputs.feeds[0]!);
    } finally {
      await session.close();
    }
    return run(
      settings,
      {
        target: { kind: 'endpoint', settings: endpoint },
        calls: inputs.feeds,
        source: inputs.source,
        tensors: session.tensors,
        open,
      },
      now,
    );
  }
  const { target, data, textColumn, seed, base, progress, log } = settings;
  return withModel(
    { model: target, inputs: data, textColumn, seed, base, signal, progress, log },
    async ({ found, inputs }) => {
      const rows = settings.scenario === 'offline' || settings.scenario === 'multi-stream' ? settings.batchSize : 1;
      const calls = inputs.batches(rows, 256);
      if (calls.length === 0)
        throw new SteelyardError(
          'engine/inputs',
          `no calls of ${rows} row(s) can be made for this model`,
          'give real rows with --data, or another --batch',
        );
      const options = { ...defaultSessionOptions, intraOpThreads: settings.threads };
      const path = found.folder.modelPath;
      const open = (): Promise<Session> => openSession(path, options, { signal });
      const target: LoadTarget = { kind: 'model', path, options };
      return run(settings, { target, calls, source: inputs.source, tensors: null, open }, now);
    },
  );
};

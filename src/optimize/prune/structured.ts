import {
  defineTechnique,
  SteelyardError,
  type Context,
  type Model,
  type Node,
  type Options,
  type Refusal,
} from '../../contracts/index.ts';
import { labelOf } from '../../model/graph/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { viewOf, type View } from '../anatomy/walk.ts';
import { isLinear } from '../linear.ts';
import { refit, type Wish } from '../recover/refit.ts';
import { cut, unfit, type Plan, type Repaired } from './structured-cut.ts';
import { describe, keyOf, percent, skip, type Ledger } from './structured-ledger.ts';
import { damping, repairsOf, type Report } from './structured-repair.ts';
import { bestOf, scoresOf, type Score } from './structured-scores.ts';
import { leastMinutes, shareAfter, trainAfter } from './structured-steps.ts';
import { keptCount, targetsOf, type Kind, type Target } from './structured-targets.ts';
import { besidePruned } from './beside.ts';

const share = (what: string, initial: number) =>
  ({
    kind: 'number',
    min: 0,
    max: 1,
    default: initial,
    description: `Share of ${what} to keep; 1 keeps all.`,
  }) as const;

const options = {
  heads: share('the attention heads', 0.75),
  neurons: { ...share('the neurons of the feed-forward parts', 0.5), search: [0.75, 0.5] },
  width: share('the hidden width, through the whole model', 1),
  channels: { ...share('the channels of convolutions', 0.75), search: [0.75, 0.5] },
  score: {
    kind: 'choice',
    choices: ['activation', 'magnitude', 'random'],
    default: 'activation',
    description:
      'What decides who stays: how much a unit does on the calibration data, the size of its weights, or chance (to compare with).',
  },
  repair: {
    kind: 'boolean',
    default: true,
    description:
      'Let the layers that read what is cut make up for it by least squares on the calibration data, without gradients.',
  },
  steps: {
    kind: 'integer',
    min: 1,
    max: 16,
    default: 1,
    description:
      'Steps in which the cut is made, the first ones the largest (cubic schedule): each scores and repairs anew what the one before left. 1 cuts at once, which was as good wherever nothing trained in between.',
  },
  recoverMinutes: {
    kind: 'number',
    min: 0,
    max: 10_000,
    default: 0,
    unit: 'minutes',
    description:
      'Minutes of distillation from the original in all, as much after each step as after any other; 0: none.',
  },
  exclude: {
    kind: 'names',
    default: [],
    description: 'Layers whose inputs and outputs keep all their units; * matches any characters.',
  },
} as const;

type Settings = Options<typeof options>;

const kinds: readonly Kind[] = ['heads', 'neurons', 'channels', 'width'];

const cancelled = (context: Context): void => {
  if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while pruning');
};

const isAnatomy = (found: Anatomy | Refusal): found is Anatomy => 'blocks' in found;

interface Chosen {
  readonly view: View;
  readonly targets: readonly Target[];
  readonly plans: readonly Plan[];
}

/** Who stays of each target, for the sizes after this step. */
const choose = async (
  model: Model,
  targetKinds: readonly Kind[],
  settings: Settings,
  by: Score,
  step: number,
  ledger: Ledger,
  context: Context,
): Promise<Chosen> => {
  const view = viewOf(model);
  const found = anatomyOf(model);
  const anatomy = isAnatomy(found) ? found : null;
  const targets: Target[] = [];
  for (const kind of targetKinds) {
    if (settings[kind] === 1) continue;
    const { found: all, missed } = targetsOf(view, anatomy, kind, settings.exclude);
    targets.push(...all);
    for (const { reason, nodes } of missed) skip(ledger, reason, nodes);
  }
  const due = targets.flatMap((target) => {
    const { count } = target.group;
    const key = keyOf(target);
    const initial = ledger.counts.get(key) ?? count;
    ledger.counts.set(key, initial);
    const left = keptCount(initial, shareAfter(settings[target.kind], step, settings.steps), target);
    if (left >= count) {
      if (step === settings.steps && !ledger.changes.has(key))
        skip(ledger, `all ${count} ${target.kind} stay: so few are not cut further`, target.nodes);
      return [];
    }
    return [{ target, left }];
  });
  const scored = await scoresOf(
    model,
    view,
    anatomy,
    due.map(({ target }) => target),
    by,
    context,
  );
  const all = due.map(({ target, left }, i) => ({ group: target.group, keep: bestOf(scored[i]!, left) }));
  const fits = (await unfit(model, all)) === null;
  const plans: Plan[] = [];
  const chosen: Target[] = [];
  for (const [i, { target }] of due.entries()) {
    cancelled(context);
    const plan = all[i]!;
    const why = fits ? null : await unfit(model, [plan]);
    if (why !== null) {
      skip(ledger, `its ${target.kind} cannot be cut: ${why}`, target.nodes);
      continue;
    }
    plans.push(plan);
    chosen.push(target);
  }
  return { view, targets: chosen, plans };
};

const none: Repaired = new Map();

/** Heads, neurons and channels: units inside of a layer's surroundings, repaired where they are read. */
const innerStep = async (
  model: Model,
  settings: Settings,
  by: Score,
  step: number,
  ledger: Ledger,
  context: Context,
): Promise<Model> => {
  const inner = kinds.filter((kind) => kind !== 'width');
  const { view, targets, plans } = await choose(model, inner, settings, by, step, ledger, context);
  if (plans.length === 0) return model;
  const repairs = settings.repair && context.calibration ? await repairsOf(model, view, plans, context) : null;
  const result = await cut(model, plans, repairs?.operands ?? none, context);
  for (const { reason, node } of repairs?.skipped ?? []) skip(ledger, reason, [labelOf(node)]);
  for (const [i, target] of targets.entries()) {
    const readers = new Set<Node>(target.group.consumers.map(({ node }) => node));
    const reports = repairs?.reports.filter(({ node }) => readers.has(node)) ?? [];
    const from = ledger.counts.get(keyOf(target)) ?? target.group.count;
    const to = plans[i]!.keep.length;
    ledger.changes.set(keyOf(target), { what: describe(target, from, to, reports), nodes: target.nodes });
  }
  return result;
};

/** The hidden width: everything that touches the stream of hidden states shrinks, normalizations change what they make, and every layer
 *  that reads or writes the stream is fitted to what the model before made there. */
const widthStep = async (
  model: Model,
  settings: Settings,
  by: Score,
  step: number,
  ledger: Ledger,
  context: Context,
): Promise<Model> => {
  const { view, targets, plans } = await choose(model, ['width'], settings, by, step, ledger, context);
  const [target] = targets;
  const [plan] = plans;
  if (!target || !plan) return model;
  const result = await cut(model, plans, none, context);
  const from = ledger.counts.get(keyOf(target)) ?? target.group.count;
  let reports: readonly Report[] = [];
  let fitted = result;
  if (settings.repair && context.calibration) {
    const writers = new Map(plan.group.producers.map(({ node, units }) => [node, units]));
    const layers = new Set([...plan.group.consumers.map(({ node }) => node), ...writers.keys()]);
    const wishes = [...layers].filter(isLinear).flatMap((node): Wish[] => {
      const output = node.outputs[0] ?? '';
      const width = view.sizes.dims(output)?.at(-1);
      if (typeof width !== 'number') return [];
      const stays = new Set(plan.keep);
      const units = writers.get(node);
      const columns = units ? Array.from(units.keys()).filter((i) => units[i] === -1 || stays.has(units[i]!)) : null;
      return [{ output, target: output, columns, width }];
    });
    const done = await refit(result, model, wishes, context, damping);
    fitted = done.model;
    reports = done.layers;
    for (const { reason, node } of done.skipped) skip(ledger, reason, node ? [labelOf(node)] : []);
  }
  const what = `${plan.keep.length} of ${from} channels of the hidden width kept`;
  const mean = (pick: (report: Report) => number): number =>
    reports.reduce((sum, report) => sum + pick(report), 0) / reports.length;
  const repaired =
    reports.length > 0
      ? `; ${reports.length} layers fitted anew: error of their outputs ${percent(mean(({ before }) => before))} to ${percent(mean(({ after }) => after))} on average`
      : '';
  ledger.changes.set(keyOf(target), { what: `${what}${repaired}`, nodes: target.nodes });
  return fitted;
};

/** Remove whole heads, neurons, channels and parts of the hidden width, and let what reads them make up for it.
 *  Shapes: inputs and outputs of the model stay; those inside shrink. Errors: those of calibration. */
export const structured = defineTechnique({
  id: 'prune/structured',
  version: 3,
  title: 'Remove heads, neurons, channels and width',
  source:
    'Michel et al. 2019 (heads); Muralidharan et al. 2024, Minitron (activation scores); Zhu and Gupta 2017 (gradual, cubic schedule); least-squares repair from second moments; Fang et al. 2023 (dependencies)',
  summary:
    'Takes the attention heads, feed-forward neurons, convolution channels and hidden channels out of a model that do least on the calibration data, with every weight, shape and head count that depends on them. Matrices become smaller, so the time falls with them on every processor. What is lost is repaired in closed form (least squares on the calibration data); deeper cuts need training afterwards.',
  options,
  layerwise: true,
  needs: { calibration: 'optional', training: false },
  fileSuffix: null,
  place: { stage: 'network', saves: ['time', 'bytes'] },
  searchFor(model) {
    const transformer = isAnatomy(anatomyOf(model));
    const convolves = model.graph.nodes.some(({ op }) => op === 'Conv' || op === 'FusedConv');
    return {
      neurons: transformer ? options.neurons.search : [],
      channels: convolves ? options.channels.search : [],
    };
  },
  tolerance: () => null,
  check: ({ graph }, settings) => {
    const wanted = kinds.filter((kind) => settings[kind] < 1);
    if (wanted.length === 0)
      return { reason: 'everything is to be kept: set heads, neurons, width or channels below 1', nodes: [] };
    const empty = wanted.find((kind) => settings[kind] === 0);
    if (empty !== undefined) return { reason: `keeping none of the ${empty} would leave no model`, nodes: [] };
    const { steps, recoverMinutes } = settings;
    if (recoverMinutes > 0 && recoverMinutes / steps < leastMinutes)
      return {
        reason: `${recoverMinutes} minutes in ${steps} steps are less than ${leastMinutes} after each: allow more minutes or fewer steps`,
        nodes: [],
      };
    const usable = graph.nodes.some(
      (node) => isLinear(node) || ['Conv', 'ConvTranspose', 'FusedConv', 'Attention'].includes(node.op),
    );
    return usable ? null : { reason: 'the graph has no linear layer and no convolution', nodes: [] };
  },
  async apply(model, settings, context) {
    cancelled(context);
    const ledger: Ledger = { counts: new Map(), changes: new Map(), skipped: new Map() };
    const by: Score = settings.score === 'activation' && !context.calibration ? 'magnitude' : (settings.score as Score);
    if (!context.calibration && (settings.score === 'activation' || settings.repair))
      skip(
        ledger,
        `there is no calibration data: ${settings.score === 'activation' ? 'units are scored by the size of their weights' : 'units are scored as asked'}${settings.repair ? ', and nothing is repaired' : ''}`,
        [],
      );
    let current = model;
    const perStep = settings.recoverMinutes / settings.steps;
    for (let step = 1; step <= settings.steps; step++) {
      const before = current;
      current = await innerStep(current, settings, by, step, ledger, context);
      cancelled(context);
      current = await widthStep(current, settings, by, step, ledger, context);
      if (perStep === 0 || current === before) continue;
      const trained = await trainAfter(current, model, step, perStep, context);
      current = trained.model;
      const what = `after step ${step} of ${settings.steps}: ${trained.what}`;
      if (trained.better) ledger.changes.set(`recover ${step}`, { what, nodes: [] });
      else skip(ledger, what, []);
    }
    return {
      model: current,
      changes: [...ledger.changes.values()],
      skipped: [...ledger.skipped.values()],
      ...(ledger.changes.size === 0 ? {} : { companions: await besidePruned(current, context) }),
    };
  },
});

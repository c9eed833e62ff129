import {
  SteelyardError,
  defaultSessionOptions,
  type Chain,
  type ChainStep,
  type Context,
  type Machine,
  type Model,
  type Point,
  type Scenario,
  type Technique,
} from '../../contracts/index.ts';
import { techniques } from '../../optimize/index.ts';
import { throwIfCancelled } from '../run/context.ts';
import { batchExclusions } from './batches.ts';
import { bucketExclusions } from './buckets.ts';
import { chainFor, takenFor, type Common } from './chains.ts';
import type { ChainSpace } from './chain-space.ts';
import { checkSearch, readValues } from './check.ts';
import { compile } from './compile.ts';
import { decisionsOf } from './decisions.ts';
import { countReasons, excluder, type Exclusion } from './exclusions.ts';
import { groupsOf } from './groups.ts';
import { knownChains } from './known.ts';
import { nothingDone, pairExclusions } from './pairs.ts';
import { fits } from './patterns.ts';
import { goneExclusions, rawDecisions } from './raw.ts';
import { settingDecisions } from './settings.ts';
import { techniquesOf, type Placed } from './stages.ts';
import { leftOut, survey, useful, type Ground, type Surveyed } from './survey.ts';
import { timePlan } from './time.ts';
import { trainingIn } from './trainings.ts';
import { wantedOf } from './wanted.ts';

export interface SpaceSettings {
  readonly model: Model;
  readonly machine: Machine;
  readonly scenario: Pick<Scenario, 'session' | 'must' | 'prefer' | 'budget' | 'search'> &
    Partial<Pick<Scenario, 'weigh' | 'traffic'>>;
  readonly context: Context;
}

/** A space of chains made from techniques, with the way back. */
export interface TechniqueSpace extends ChainSpace {
  /** The point of a chain; null: it is none of this space. */
  pointOf(chain: Chain): Point | null;
}

/** What the whole space begins with: clean-up that changes something, and the steps of a fused graph. */
const grounds = async ({ model, scenario, context }: SpaceSettings) => {
  const { techniques: patterns } = scenario.search;
  const cleaned = await useful(techniquesOf('cleanup'), model, context);
  const wants =
    patterns === null ? techniquesOf('fusion') : techniquesOf('fusion').filter(({ id }) => fits(id, patterns));
  const fused = wantedOf(scenario).has('time') ? await useful(wants, cleaned.model, context) : { steps: [] };
  return { cleanup: cleaned.steps, model: cleaned.model, fused: fused.steps };
};

/** The steps of a known chain that have a part in this space, as it writes them. */
const seedOf = (
  steps: readonly ChainStep[],
  here: ReadonlySet<string>,
  idle: ReadonlySet<string>,
  { cleanup, training }: Common,
): Chain | null => {
  const left = steps.filter(({ technique }) => !idle.has(technique));
  if (left.length === 0 || left.some(({ technique }) => !here.has(technique))) return null;
  return {
    id: '',
    steps: [
      ...cleanup,
      ...left.map(({ technique, options }) => {
        const minutes = training.minutesOf(techniques.find(({ id }) => id === technique)! as Technique);
        return { technique, options: { ...options, ...(minutes === null ? {} : { minutes }) } };
      }),
    ],
    session: {},
  };
};

/** What the user did not say themselves comes first. */
const nothingLeft = (reasons: readonly string[]): SteelyardError => {
  const own = reasons.filter((reason) => reason.endsWith(leftOut));
  const told = [...reasons.filter((reason) => !own.includes(reason)), ...own].slice(0, 8);
  return new SteelyardError(
    'engine/empty-space',
    `there is nothing to try: ${told.join('; ')}`,
    'let search.techniques name more techniques, give the data that they need, or list candidates',
  );
};

/** All combinations of techniques, their options and settings of the runtime that are worth a try for this model on this machine, in an order
 *  that makes sense; what is left out, and why; and what is known to pay, to be tried first. Reads the model's tables once, trains nothing.
 *  Errors: `scenario/search`, `usage/technique`, `usage/option` for what the scenario says about the search; `engine/empty-space` when nothing is
 *  left to try; `engine/cancelled`. */
export const makeSpace = async (settings: SpaceSettings): Promise<TechniqueSpace> => {
  const { machine, scenario } = settings;
  checkSearch(scenario.search);
  const search = { ...scenario.search, values: readValues(scenario.search) };
  const known = knownChains(machine.instructionSets);
  const context: Context = { ...settings.context, original: settings.model };
  const training = trainingIn(
    timePlan(scenario),
    new Set(known.flat().map(({ technique }) => technique)),
    new Set([...(search.techniques ?? []), ...Object.keys(search.values)]),
  );
  const { cleanup, model, fused } = await grounds({ ...settings, context });
  const ground: Ground = { model, machine, scenario: { search }, wanted: wantedOf(scenario), training, context };
  const surveyed: Surveyed[] = [];
  for (const technique of techniques as readonly Technique[]) {
    throwIfCancelled(context.signal);
    if (isAlternative(technique)) surveyed.push(await survey(technique, ground));
  }
  const here = surveyed.filter(({ gone }) => gone === null);
  const groups = groupsOf(model, search.layers);
  if (typeof groups === 'string') context.log('warn', `search.layers: ${groups}`);
  const usual = { ...defaultSessionOptions, batchSize: scenario.traffic?.batchSize ?? 1, ...scenario.session };
  const all = [
    ...rawDecisions(surveyed, fused, typeof groups === 'string' ? [] : groups),
    ...settingDecisions({ ...scenario, search }, machine, usual),
  ];
  const original: readonly Exclusion[] =
    cleanup.length > 0 ? [] : [{ reason: 'it is the original itself', where: nothingDone(all) }];
  const exclusions = [
    ...goneExclusions(all, surveyed),
    ...pairExclusions(all, here, fused, known, ground),
    ...batchExclusions(all, model, scenario),
    ...bucketExclusions(all, model, scenario, usual.batchSize),
    ...original,
  ];
  const { points, excluded } = countReasons(all, exclusions);
  if (points === 0) throw nothingLeft(excluded.map(({ reason }) => reason));
  const compiled = compile(all, exclusions);
  const decisions = decisionsOf(compiled.decisions);
  const reasonOf = excluder(compiled.decisions, compiled.exclusions);
  const common: Common = { cleanup, fused, written: known.flat(), training };
  const reason = (point: Point): string | null => {
    const at = decisions.taken(point);
    return at === null ? 'it is no point of the space' : reasonOf(at);
  };
  const pointOf = (chain: Chain): Point | null => {
    const at = takenFor(decisions, chain, common);
    return at === null ? null : decisions.pointOf(at);
  };
  const ids = new Set(here.map(({ technique }) => technique.id));
  // What changes nothing in this model is left out of a known chain; what cannot be at all ends it.
  const idle = new Set(
    surveyed
      .filter((one) => one.gone !== null && one.technique.place.quick === true)
      .map(({ technique }) => technique.id),
  );
  const plain = decisions.dimensions.map(() => 0);
  const seeds = new Map<string, Point>();
  for (const point of [plain, ...known.map((steps) => pointOf(seedOf(steps, ids, idle, common) ?? nothing))])
    if (point !== null && reason(point) === null) seeds.set(point.join(), point);
  return {
    space: { dimensions: decisions.dimensions, excluded: reason },
    seeds: [...seeds.values()],
    points,
    excluded,
    chainOf(point) {
      const at = decisions.taken(point);
      if (at === null) throw new Error(`no point of the space: ${point.join(', ')}`);
      return chainFor(decisions, at, common);
    },
    pointOf,
  };
};

const nothing: Chain = { id: '', steps: [{ technique: '', options: {} }], session: {} };

const isAlternative = (technique: Technique): technique is Placed =>
  technique.place !== undefined && !['cleanup', 'fusion'].includes(technique.place.stage);

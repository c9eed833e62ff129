import {
  defineSearcher,
  type Ask,
  type Options,
  type Point,
  type Random,
  type SearchProblem,
  type Space,
  type Tried,
} from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { foremost, highest, learn, type Believed } from './beliefs.ts';
import { budgetOf, type Budget } from './budget.ts';
import { climbersOf, promotable, wait, type Climber } from './climb.ts';
import { seedsOf } from './full-looks.ts';
import { gainsOf, heldBy, scaleOf, type Held, type Scale } from './gain.ts';
import { allPoints, freshPoint } from './points.ts';
import { keyOf } from './shape.ts';
import { mutate, neighborsOf } from './vary.ts';

const options = {
  full: {
    kind: 'number',
    default: 0.5,
    min: 0.1,
    max: 0.9,
    description: 'Share of the time that is kept for full looks; the rungs below share the rest.',
  },
  startup: {
    kind: 'integer',
    default: 8,
    min: 1,
    max: 1000,
    description: 'Points before the surrogate proposes any: the seeds, then random ones.',
  },
  candidates: {
    kind: 'integer',
    default: 120,
    min: 1,
    max: 2000,
    description: 'Points that the surrogate compares for each first look.',
  },
  explore: {
    kind: 'integer',
    default: 8,
    min: 2,
    max: 1000,
    description: 'One of so many first looks is at a random point, whatever the surrogate believes.',
  },
} as const;

/** Points to compare for a first look: all that are left of a small space; of a large one random ones and the neighborhood of the best. */
const candidatesOf = (
  space: Space,
  most: number,
  best: readonly Point[],
  taken: ReadonlySet<string>,
  random: Random,
): Point[] => {
  const left = allPoints(space)?.filter((point) => !taken.has(keyOf(point)));
  if (left !== undefined && left.length <= most) return left;
  const found = new Map<string, Point>();
  const add = (point: Point): void => {
    const key = keyOf(point);
    if (!taken.has(key) && !found.has(key) && space.excluded(point) === null) found.set(key, point);
  };
  const near = best.flatMap((point) => neighborsOf(space, point));
  for (const point of random.shuffle(near).slice(0, most / 3)) add(point);
  if (best.length > 0)
    for (let i = 0; i < most / 6; i++) add(mutate(space, best[random.integer(best.length)]!, random));
  if (left !== undefined) for (const point of random.shuffle(left).slice(0, most)) add(point);
  else
    for (let i = 0; i < most; i++) {
      const point = freshPoint(space, random, taken);
      if (point !== null) add(point);
    }
  return [...found.values()].slice(0, most);
};

/** What a search knows while it fills its free slots. */
interface State {
  readonly problem: SearchProblem;
  readonly options: Options<typeof options>;
  readonly climbers: Map<string, Climber>;
  budget: Budget;
  /** Asks ever made. */
  count: number;
  /** Learned at the first use: seeds need no beliefs. */
  readonly mind: () => Mind;
}

interface Mind {
  /** Keys of the points that are thought about: those that came furthest and did best. */
  readonly foremost: ReadonlySet<string>;
  readonly about: (points: readonly Point[]) => Believed[];
  readonly noise: readonly number[];
  readonly scale: Scale;
}

const mindOf = (problem: SearchProblem, history: readonly Tried[]): Mind => {
  const beliefs = learn(problem, history);
  const known = new Map<string, Believed>();
  const about = (points: readonly Point[]): Believed[] => {
    const news = points.filter((point) => !known.has(keyOf(point)));
    for (const one of beliefs.about(news)) known.set(keyOf(one.point), one);
    return points.map((point) => known.get(keyOf(point))!);
  };
  const alive = highest(history).filter(
    ({ outcome }) => outcome.kind === 'looked' && !outcome.hopeless && outcome.objectives.every(Number.isFinite),
  );
  const best = foremost(alive)
    .slice(0, mostThought)
    .map((index) => alive[index]!.point);
  const seen = about(best);
  return {
    foremost: new Set(best.map(keyOf)),
    about,
    noise: beliefs.noise,
    scale: seen.length > 0 ? scaleOf(seen, beliefs.noise) : unknown(problem),
  };
};

/** Points that are thought about at each ask, of however many were looked at. */
const mostThought = 120;

const unknown = ({ objectives }: SearchProblem): Scale => ({
  low: objectives.map(() => -1),
  range: objectives.map(() => 2),
});

const held = (mind: Mind, climbers: Iterable<Climber>, rung: number): Held =>
  heldBy(
    mind.about(
      [...climbers]
        .filter(
          (one) =>
            (one.pending !== null || mind.foremost.has(one.key)) && Math.max(one.rung, one.pending ?? -1) >= rung,
        )
        .map(({ point }) => point),
    ),
    mind.scale,
    mind.noise,
  );

/** Below this a gain, of a volume and an objective that are both about 1, is none: it is inside the noise. */
const noGain = 1e-4;

/** The one of these that would gain most over what was or is being looked at in a rung, with its gain. */
const mostGaining = (
  state: State,
  points: readonly Point[],
  rung: number,
): { readonly index: number; readonly gain: number } => {
  const mind = state.mind();
  const gains = gainsOf(mind.about(points), held(mind, state.climbers.values(), rung), mind.scale);
  let index = 0;
  for (let i = 1; i < gains.length; i++) if (gains[i]! > gains[index]!) index = i;
  return { index, gain: gains[index]! };
};

/** Points that may go up, as far as they are thought about. */
const ready = ({ problem, climbers, mind }: State): Climber[] => {
  const all = promotable(problem, climbers.values());
  return all.length <= mostThought ? all : all.filter(({ key }) => mind().foremost.has(key));
};

/** The next step up of a point that has to go all the way. */
const up = ({ point, rung }: Climber): Ask => ({ point, rung: rung + 1 });

/** What each rung may take of the time, the last its own share and the others equal ones. */
const shareOf = ({ problem: { rungs }, options: { full } }: State, rung: number): number =>
  rungs.length === 1 ? 1 : rung === rungs.length - 1 ? full : (1 - full) / (rungs.length - 1);

/** The rest of the way up, in seconds. */
const wayUp = ({ problem: { rungs }, budget }: State, from: number): number =>
  rungs.reduce((sum, _, rung) => (rung > from ? sum + (budget.meanSeconds(rung) ?? 0) : sum), 0);

/** The first point that is looked at in full, as soon as the seeds were glanced at: from then on it is known what that takes. */
const pioneer = (state: State): Ask | null => {
  const { problem, climbers } = state;
  const last = problem.rungs.length - 1;
  const all = [...climbers.values()];
  if (all.some(({ rung, pending }) => rung === last || (pending ?? 0) > 0)) return null;
  const able = ready(state);
  if (able.length === 0) return null;
  const highest = able.filter(({ rung }) => rung === able[0]!.rung);
  const { index } = mostGaining(
    state,
    highest.map(({ point }) => point),
    last,
  );
  const ask = up(highest[index]!);
  // Where there is no time for steps between, the first full look is made at once.
  return state.budget.fits(ask.rung) &&
    (ask.rung === last || state.budget.committed + wayUp(state, ask.rung - 1) <= problem.seconds)
    ? ask
    : { ...ask, rung: last };
};

/** A step up that is due: a rung has had less than its share of the time, and a point below it promises a gain over those that went up before. */
const due = (state: State): Ask | null => {
  const { problem, budget } = state;
  const able = ready(state);
  for (let rung = problem.rungs.length - 1; rung > 0; rung--) {
    const below = able.filter((one) => one.rung === rung - 1);
    const cost = budget.meanSeconds(rung) ?? 0;
    // Full looks come late: what is learned before makes them better.
    const late = rung === problem.rungs.length - 1 ? Math.min(1, (budget.committed + cost) / problem.seconds) : 1;
    const spent = budget.spentOn(rung) + cost;
    if (below.length === 0 || spent > shareOf(state, rung) * late * (budget.committed + cost) || !budget.fits(rung))
      continue;
    const { index, gain } = mostGaining(
      state,
      below.map(({ point }) => point),
      rung,
    );
    if (gain > noGain) return up(below[index]!);
  }
  return null;
};

/** A first look at a new point, where the time kept for full looks allows it. */
const first = (state: State, keeps: boolean): Ask | null => {
  const {
    problem,
    options: { startup, candidates, explore },
    climbers,
    budget,
  } = state;
  if (!budget.fits(0)) return null;
  const last = problem.rungs.length - 1;
  const kept = keeps && last > 0 ? shareOf(state, last) * problem.seconds - budget.spentOn(last) : 0;
  if (budget.committed + (budget.meanSeconds(0) ?? 0) + Math.max(0, kept) > problem.seconds) return null;
  const taken = new Set(climbers.keys());
  const random = seeded(problem.seed, `halving ${state.count}`);
  let point: Point | null = null;
  if (climbers.size >= startup && climbers.size % explore !== explore - 1) {
    const mind = state.mind();
    const alive = [...climbers.values()].filter((one) => mind.foremost.has(one.key)).map((one) => one.point);
    const strong = mind.about(alive).filter(({ feasible }) => feasible >= 0.3);
    const gains = gainsOf(strong, { front: [], first: Number.POSITIVE_INFINITY }, mind.scale);
    const best = strong
      .map((_, index) => index)
      .toSorted((a, b) => gains[b]! - gains[a]!)
      .slice(0, 6);
    const points = candidatesOf(
      problem.space,
      candidates,
      best.map((index) => strong[index]!.point),
      taken,
      random,
    );
    if (points.length > 0) point = points[mostGaining(state, points, -1).index]!;
  }
  point ??= freshPoint(problem.space, random, taken);
  return point === null ? null : { point, rung: 0 };
};

/** With the time for first looks used up, or nothing new left: the step up that promises most, of a point whose whole way up fits. */
const finish = (state: State): Ask | null => {
  const { problem, budget } = state;
  const last = problem.rungs.length - 1;
  const able = ready(state).filter(
    ({ rung }) => budget.fits(rung + 1) && budget.committed + wayUp(state, rung) <= problem.seconds,
  );
  if (able.length === 0) return null;
  return up(
    able[
      mostGaining(
        state,
        able.map(({ point }) => point),
        last,
      ).index
    ]!,
  );
};

/** Cheap looks at many, dear ones at few. */
export const halving = defineSearcher({
  id: 'halving',
  version: 1,
  title: 'Successive halving on a surrogate',
  source:
    'Li et al. 2020, A System for Massively Parallel Hyperparameter Tuning (ASHA); Emmerich, Giannakoglou & Naujoks 2006 (expected hypervolume improvement); Rasmussen & Williams 2006, Gaussian Processes for Machine Learning',
  summary:
    'Glances at the seeds and at what a surrogate proposes, and takes the promising ones rung by rung to a full look. Needs the fewest seconds where cheap looks foretell full ones.',
  options,
  ask(problem, given, history, pending) {
    if (problem.rungs.length === 0) return [];
    let mind: Mind | null = null;
    const state: State = {
      problem,
      options: given,
      climbers: climbersOf(history, pending),
      budget: budgetOf(problem, history, pending),
      count: history.length + pending.length,
      mind: () => (mind ??= mindOf(problem, history)),
    };
    const seeds = seedsOf(problem);
    const asks: Ask[] = [];
    while (pending.length + asks.length < problem.width) {
      const seed = seeds.find((point) => !state.climbers.has(keyOf(point)));
      const ask =
        (seed !== undefined && state.budget.fits(0) ? { point: seed, rung: 0 } : null) ??
        pioneer(state) ??
        due(state) ??
        first(state, true) ??
        finish(state) ??
        first(state, false);
      if (ask === null || !state.budget.fits(ask.rung)) break;
      asks.push(ask);
      wait(state.climbers, ask);
      state.budget = state.budget.with(ask);
      state.count++;
    }
    return asks;
  },
});

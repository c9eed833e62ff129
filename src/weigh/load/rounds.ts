import type { Random } from '../../contracts/index.ts';
import { isDisturbed } from './guards.ts';

/** What one version did when it was its turn. */
export interface Turn {
  /** The turn's one number: ms per call, or per request. */
  readonly ms: number;
  /** Requests in a call, where versions have batches of their own size; absent: as many as everybody's. */
  readonly rows?: number;
  /** CPU milliseconds per call of the model. */
  readonly cpuMs: number;
  /** Each timed call in ms. */
  readonly samples: readonly number[];
  /** Sum of the calls. */
  readonly turnMs: number;
  /** How long the turn took with everything around its calls, and how often its process lost a core meanwhile. */
  readonly wallMs: number;
  readonly involuntarySwitches: number;
}

/** All versions on the same input, once each. */
export interface Round<T extends Turn = Turn> {
  /** Which set of processes it ran on, from 0. */
  readonly lap: number;
  readonly turns: ReadonlyMap<string, T>;
}

/** The world as rounds see it; tests inject their own. */
export interface RoundsWorld {
  now(): number;
  stolenMs(): number;
  /** Begins to watch the machine; the answer says what disturbed it since (a clock that jumped, sleep, throttling), or null. */
  watch?(): () => string | null;
  /** One version's turn on the input of this index. Rejects with a coded error when that version failed. */
  turn(arm: string, input: number): Promise<Turn>;
  /** Says which errors end one version only; everything else ends the session. */
  isArmFault(arm: string, error: unknown): boolean;
  readonly threads: number;
  readonly cores: number;
}

export interface RoundsPlan {
  readonly lap: number;
  readonly minRounds: number;
  readonly maxRounds: number;
  readonly maxMs: number;
  /** Asked after `minRounds`, every `checkEvery` rounds. */
  readonly enough: (rounds: readonly Round[]) => boolean;
  readonly checkEvery: number;
  readonly random: Random;
  readonly onRound?: (rounds: number) => void;
}

export interface RoundsResult {
  readonly rounds: readonly Round[];
  /** Rounds thrown away for all versions together, because something else ran on the machine. */
  readonly repeated: number;
  /** Disturbed rounds that were kept: a fifth of the rounds may be repeated, not more. */
  readonly disturbed: number;
  readonly failed: ReadonlyMap<string, unknown>;
}

const repeatShare = 0.2;

/** Interleaved rounds: a fresh random order of all versions each time, one at a time, on the same input. Ends when `enough` says so or a
 *  cap is met; never by looking at a p-value. A version that fails leaves, with all its turns.
 *  Source: randomized multiple interleaved trials (Abedi & Brecht, ICPE 2017). */
export const runRounds = async (
  arms: readonly string[],
  world: RoundsWorld,
  plan: RoundsPlan,
): Promise<RoundsResult> => {
  const start = world.now();
  const rounds: Round[] = [];
  const failed = new Map<string, unknown>();
  let repeated = 0;
  let disturbed = 0;
  for (let tried = 0; rounds.length < plan.maxRounds; tried++) {
    const alive = arms.filter((arm) => !failed.has(arm));
    const watched = world.watch?.();
    const [roundStart, stolen] = [world.now(), world.stolenMs()];
    const turns = new Map<string, Turn>();
    for (const arm of plan.random.shuffle(alive)) {
      try {
        turns.set(arm, await world.turn(arm, tried));
      } catch (error) {
        if (!world.isArmFault(arm, error)) throw error;
        failed.set(arm, error);
      }
    }
    const roundMs = world.now() - roundStart;
    const lost = [...turns.values()].some(({ wallMs, involuntarySwitches }) =>
      isDisturbed(
        { roundMs, stolenMs: world.stolenMs() - stolen, involuntarySwitches, turnMs: wallMs, threads: world.threads },
        world.cores,
      ),
    );
    const noisy = lost || (watched?.() ?? null) !== null;
    const elapsed = world.now() - start;
    if (
      noisy &&
      repeated < repeatShare * plan.maxRounds &&
      repeated < repeatShare * (rounds.length + 10) &&
      elapsed < plan.maxMs
    )
      repeated++;
    else {
      if (noisy) disturbed++;
      rounds.push({ lap: plan.lap, turns });
      plan.onRound?.(rounds.length);
    }
    if (elapsed >= plan.maxMs && rounds.length > 0) break;
    if (
      rounds.length >= plan.minRounds &&
      (rounds.length - plan.minRounds) % plan.checkEvery === 0 &&
      plan.enough(rounds)
    )
      break;
  }
  return { rounds: rounds.map((round) => without(round, failed)), repeated, disturbed, failed };
};

const without = (round: Round, failed: ReadonlyMap<string, unknown>): Round =>
  failed.size === 0 ? round : { ...round, turns: new Map([...round.turns].filter(([arm]) => !failed.has(arm))) };

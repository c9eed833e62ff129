// What `compress` builds: every technique that makes a network smaller, alone; cuts bare, repaired and recovered; the best together.
import type { ChainStep } from '../src/contracts/index.ts';

/** What was done about a cut: nothing, its technique's own repair, a fit of all layers in closed form, training. */
export type Repair = 'bare' | 'own' | 'ridge' | 'recover';

export interface Candidate {
  readonly id: string;
  readonly steps: readonly ChainStep[];
  readonly seed: number;
  /** Which cut it is, and what was done about it: a cell of the table of repair. */
  readonly cut?: readonly [name: string, repair: Repair];
  /** Runs that differ in the seed alone: a line of the table of seeds. */
  readonly repeated?: string;
  /** What it shares with versions of the same sizes: the timing. */
  readonly shape?: string;
  /** The version of the list that it is held against, too. */
  readonly beside?: string;
}

export interface Plan {
  readonly studentMinutes: number;
  readonly recoverMinutes: number;
  readonly seeds: number;
}

type Raw = Readonly<Record<string, unknown>>;
const step = (technique: string, options: Raw = {}): ChainStep => ({ technique, options });

/** Half the layers of half the width with a narrow inner part: texts are short, and so is the table of positions. */
const smallStudent = { layers: 2, width: 128, ffn: 256, positions: 64 };
const int8 = [step('quantize/dynamic'), step('quantize/embedding')];
/** The last layer for the token that is read alone: the same answers. */
const oneToken = step('fuse/upstream-gather');

/** A cut in its forms. `own`: options with which the technique repairs by itself; `refit`: whether layers can be fitted afterwards, which would
 *  fill zeros again. */
const cut = (
  name: string,
  technique: string,
  { bare, own, refit = true }: { readonly bare: Raw; readonly own: Raw; readonly refit?: boolean },
  recoverMinutes: number,
): Candidate[] => {
  const whole = step(technique, own);
  const recover = step('distill/recover', { minutes: recoverMinutes });
  return [
    { id: `${name}, nothing repaired`, steps: [step(technique, bare)], seed: 1, cut: [name, 'bare'] },
    { id: name, steps: [whole], seed: 1, cut: [name, 'own'] },
    ...(refit
      ? [
          {
            id: `${name} × recover/ridge`,
            steps: [whole, step('recover/ridge')],
            seed: 1,
            cut: [name, 'ridge'],
          } as const,
        ]
      : []),
    { id: `${name} × distill/recover`, steps: [whole, recover], seed: 1, cut: [name, 'recover'] },
  ];
};

/** The same cut at once and in steps: with the technique's own repair alone, and with as many minutes of distillation in all. */
const gradual = (name: string, shares: Raw, recoverMinutes: number): Candidate[] => {
  const at = (id: string, options: Raw, beside: string | null): Candidate => ({
    id: `${name}${id}`,
    steps: [step('prune/structured', { ...shares, ...options })],
    seed: 1,
    shape: name,
    ...(beside === null ? {} : { beside: `${name}${beside}` }),
  });
  const trained = { recoverMinutes };
  // Where the cut is one of those that are repaired in all ways, its form at once stands there already.
  const once = Object.keys(shares).length === 0 ? [] : [at('', {}, null)];
  return [
    ...once,
    at(', 4 steps', { steps: 4 }, ''),
    at(', trained', trained, ''),
    at(', trained in 4 steps', { steps: 4, ...trained }, ', trained'),
  ];
};

export const candidatesFor = ({ studentMinutes, recoverMinutes, seeds }: Plan): Candidate[] => {
  const one = (id: string, ...steps: readonly ChainStep[]): Candidate => ({ id, steps, seed: 1 });
  const student = step('distill/student', { minutes: studentMinutes, ...smallStudent });
  const fourLayers = step('distill/student', { minutes: studentMinutes, ...smallStudent, layers: 4 });
  const neurons = { heads: 1, channels: 1, neurons: 0.5 };
  const width = { heads: 1, channels: 1, neurons: 1, width: 0.75 };
  return [
    one('trim/vocabulary', step('trim/vocabulary')),
    one('trim/positions', step('trim/positions')),
    ...Array.from({ length: seeds }, (_, at): Candidate => ({
      id: at === 0 ? 'distill/student' : `distill/student, seed ${at + 1}`,
      steps: [student],
      seed: at + 1,
      repeated: 'distill/student',
    })),
    ...cut(
      'prune/structured, heads ¾ and neurons ½',
      'prune/structured',
      { bare: { repair: false }, own: {} },
      recoverMinutes,
    ),
    ...gradual('prune/structured, heads ¾ and neurons ½', {}, recoverMinutes),
    ...gradual('prune/structured, heads ½ and neurons ¼', { heads: 0.5, neurons: 0.25 }, recoverMinutes),
    ...cut(
      'prune/structured, neurons ½',
      'prune/structured',
      { bare: { ...neurons, repair: false }, own: neurons },
      recoverMinutes,
    ),
    ...cut(
      'prune/structured, width ¾',
      'prune/structured',
      { bare: { ...width, repair: false }, own: width },
      recoverMinutes,
    ),
    ...cut('prune/layers, ¾', 'prune/layers', { bare: { repair: 'none' }, own: {} }, recoverMinutes),
    ...cut(
      'factorize/low-rank, 0.6',
      'factorize/low-rank',
      { bare: { measure: 'weights' }, own: { measure: 'inputs' } },
      recoverMinutes,
    ),
    ...cut(
      'prune/unstructured, 50 %',
      'prune/unstructured',
      { bare: { method: 'magnitude' }, own: { method: 'sparsegpt' }, refit: false },
      recoverMinutes,
    ),
    ...cut(
      'prune/2-4',
      'prune/2-4',
      { bare: { method: 'magnitude' }, own: { method: 'sparsegpt' }, refit: false },
      recoverMinutes,
    ),
    one('quantize/blockwise, 2 bits', step('quantize/blockwise', { bits: 2 })),
    one('quantize/aware, 2 bits', step('quantize/aware', { bits: 2, minutes: studentMinutes })),
    one('exit/early', step('exit/early')),
    one('distill/student of 4 layers', fourLayers),
    {
      ...one('distill/student of 4 layers × exit/early', fourLayers, step('exit/early')),
      beside: 'distill/student of 4 layers',
    },
    one('distill/student × exit/cascade', student, step('exit/cascade')),
    one('fuse/upstream-gather', oneToken),
    one('trim/vocabulary × distill/student × int8', step('trim/vocabulary'), student, ...int8),
    one(
      'trim/vocabulary × distill/student × fuse/upstream-gather × int8',
      step('trim/vocabulary'),
      student,
      oneToken,
      ...int8,
    ),
  ];
};

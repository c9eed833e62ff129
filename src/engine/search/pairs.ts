import { parseOptions, stages, type ChainStep } from '../../contracts/index.ts';
import { orderFault } from '../../optimize/index.ts';
import type { Decision } from './decisions.ts';
import type { Exclusion, Literal } from './exclusions.ts';
import { fits } from './patterns.ts';
import { layersId, literalOf, optionId } from './raw.ts';
import { rulesFor, type Ground, type Surveyed } from './survey.ts';
import { orderOf, techniquesOf } from './stages.ts';

const step = (technique: string): ChainStep => ({ technique, options: {} });

/** Why the second technique cannot follow the first; null: it can. */
const obstacle = (first: Surveyed, second: Surveyed): string | null => {
  const fault = orderFault([step(first.technique.id), step(second.technique.id)]);
  if (fault !== null) return `${fault.technique} does not follow ${fault.after}: ${fault.reason}`;
  const { id, place, options } = second.technique;
  if (first.technique.place.whole === true && place.stage === 'tables')
    return `${first.technique.id} has stored the tables already`;
  if (first.after === null) return null;
  if (place.sameTokens === true && first.after.rewrites)
    return `${id} asks the original, too, and ${first.technique.id} rewrites the tokenizer: the same ids mean other words`;
  const refusal = second.technique.check(first.after.model, parseOptions(id, options));
  return refusal === null ? null : `${id} does not follow ${first.technique.id}: ${refusal.reason}`;
};

/** Techniques that cannot both be in a chain. */
const contradictions = (decisions: readonly Decision[], here: readonly Surveyed[]): readonly Exclusion[] =>
  here.flatMap((first) =>
    here.flatMap((second) => {
      if (orderOf(first.technique.place.stage) >= orderOf(second.technique.place.stage)) return [];
      const reason = obstacle(first, second);
      return reason === null
        ? []
        : [{ reason, where: [literalOf(decisions, first.technique), literalOf(decisions, second.technique)] }];
    }),
  );

/** What a fused graph does not go with. */
const fusedContradictions = (
  decisions: readonly Decision[],
  here: readonly Surveyed[],
  fused: readonly ChainStep[],
): readonly Exclusion[] =>
  here.flatMap(({ technique }) => {
    const late = orderOf(technique.place.stage) > orderOf('fusion');
    const fault = fused
      .map((one) => orderFault(late ? [one, step(technique.id)] : [step(technique.id), one]))
      .find((one) => one !== null);
    return fault === undefined || fault === null
      ? []
      : [
          {
            reason: `${fault.technique} does not follow ${fault.after}: ${fault.reason}`,
            where: [literalOf(decisions, technique), { decision: 'fusion', values: [1] }],
          },
        ];
  });

/** Techniques that make sense only together with others, without any of these. */
const alone = (decisions: readonly Decision[], here: readonly Surveyed[]): readonly Exclusion[] =>
  here.flatMap(({ technique }) => {
    const { with: partners } = technique.place;
    if (partners === undefined) return [];
    const where = stages.flatMap((stage): Literal[] => {
      if (!techniquesOf(stage).some(({ id }) => fits(id, partners))) return [];
      const decision = decisions.find(({ id }) => id === stage);
      if (decision?.meaning.kind !== 'stage') return [];
      const others = decision.meaning.values.flatMap((value, index) =>
        value === null || value === 'together' || !fits(value.id, partners) ? [index] : [],
      );
      return [{ decision: stage, values: others }];
    });
    return [
      {
        reason: `${technique.id} makes sense only together with ${partners.join(', ')}`,
        where: [literalOf(decisions, technique), ...where],
      },
    ];
  });

const techniqueAt = ({ meaning }: Decision, value: number): unknown =>
  meaning.kind === 'stage' ? meaning.values[value] : null;

/** Known trainings happen in one way only where there is no time for more. */
const onlyWay = (
  decisions: readonly Decision[],
  here: readonly Surveyed[],
  known: readonly (readonly ChainStep[])[],
  { training }: Ground,
): readonly Exclusion[] =>
  here.flatMap(({ technique }) => {
    if (!training.frozen(technique)) return [];
    const way = known.find((steps) => steps.some((one) => one.technique === technique.id)) ?? [];
    return stages
      .filter((stage) => orderOf(stage) < orderOf(technique.place.stage))
      .flatMap((stage): Exclusion[] => {
        const decision = decisions.find(({ id }) => id === stage);
        if (decision?.meaning.kind !== 'stage') return [];
        const own = decision.meaning.values.findIndex(
          (value) => value !== null && value !== 'together' && way.some((one) => one.technique === value.id),
        );
        // What the known way would use but is not there cannot be asked for.
        const right = own >= 0 && here.some((one) => one.technique === techniqueAt(decision, own)) ? own : 0;
        const others = [...decision.values.keys()].filter((value) => value !== right);
        const reason = `${technique.id}: ${training.once}`;
        const chosen = literalOf(decisions, technique);
        const options = decisions
          .filter(({ when }) => when?.dimension === stage && when.values.includes(right))
          .filter(({ meaning }) => meaning.kind === 'option')
          .map(({ id, values }) => ({
            reason,
            where: [
              chosen,
              { decision: stage, values: [right] },
              { decision: id, values: [...values.keys()].slice(1) },
            ],
          }));
        return [{ reason, where: [chosen, { decision: stage, values: others }] }, ...options];
      });
  });

/** Groups of layers have names in the original network only. */
const renamed = (decisions: readonly Decision[], here: readonly Surveyed[]): readonly Exclusion[] =>
  here.flatMap(({ technique }) => {
    const id = layersId('weights');
    const decision = decisions.find((one) => one.id === id);
    if (technique.place.remakes !== true || decision === undefined) return [];
    return [
      {
        reason: `${technique.id} makes a network whose layers have other names: none of them is left as it is`,
        where: [literalOf(decisions, technique), { decision: id, values: [...decision.values.keys()].slice(1) }],
      },
    ];
  });

/** Values of several options that together are known not to pay on this CPU. */
const together = (decisions: readonly Decision[], here: readonly Surveyed[], ground: Ground): readonly Exclusion[] =>
  here.flatMap(({ technique }) =>
    rulesFor(technique, ground).flatMap(({ reason, options }): Exclusion[] => {
      if (options.length < 2) return [];
      const where: Literal[] = [];
      for (const [option, value] of options) {
        const decision = decisions.find(({ id }) => id === optionId(technique, option));
        const usual = technique.options[option]?.default;
        if (decision?.meaning.kind !== 'option') {
          if (usual !== value) return [];
          continue;
        }
        const index = decision.meaning.values.indexOf(value);
        if (index < 0) return [];
        where.push({ decision: decision.id, values: [index] });
      }
      const chosen = literalOf(decisions, technique);
      const [only, ...more] = where;
      const drops = more.length > 0 ? null : (only ?? chosen);
      return [
        {
          reason: `${technique.id}: ${reason}`,
          where: [chosen, ...where],
          ...(drops === null ? {} : { drops: { decision: drops.decision, value: drops.values[0]! } }),
        },
      ];
    }),
  );

/** What cannot be combined, or does not pay in combination. `here`: the techniques that have a part in the search. */
export const pairExclusions = (
  decisions: readonly Decision[],
  here: readonly Surveyed[],
  fused: readonly ChainStep[],
  known: readonly (readonly ChainStep[])[],
  ground: Ground,
): readonly Exclusion[] => [
  ...together(decisions, here, ground),
  ...alone(decisions, here),
  ...contradictions(decisions, here),
  ...fusedContradictions(decisions, here, fused),
  ...renamed(decisions, here),
  ...onlyWay(decisions, here, known, ground),
];

/** That nothing at all is done, in any of these stages. */
export const nothingDone = (decisions: readonly Decision[]): readonly Literal[] =>
  decisions
    .filter(({ meaning }) => meaning.kind === 'stage' || meaning.kind === 'setting')
    .map(({ id }) => ({ decision: id, values: [0] }));

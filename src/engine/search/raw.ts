import { stages, type ChainStep, type Stage } from '../../contracts/index.ts';
import type { Decision } from './decisions.ts';
import type { Exclusion, Literal } from './exclusions.ts';
import type { LayerGroup } from './groups.ts';
import { fits } from './patterns.ts';
import { stageSpecs, type Placed } from './stages.ts';
import type { SearchedOption, Surveyed } from './survey.ts';

export const layersId = (stage: Stage): string => `${stage}/layers`;
export const optionId = ({ id }: Placed, option: string): string => `${id}/${option}`;

/** An option's value in words. */
export const wordsOf = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value));

/** Stages that are decided: a fused graph is one thing or the other, clean-up is always there. */
const decided: readonly Stage[] = stages.filter((stage) => stage !== 'cleanup');

/** Stages whose techniques only make sense with some of one other stage come after it, and count only with these. */
const partnerOf = (
  stage: Stage,
  surveyed: readonly Surveyed[],
): { readonly stage: Stage; readonly values: readonly number[] } | null => {
  const every = surveyed.filter(({ technique }) => technique.place.stage === stage);
  const left = every.filter(({ gone }) => gone === null);
  const own = left.length > 0 ? left : every;
  const partners = own.map(({ technique: { place } }) =>
    surveyed.filter(({ technique }) => place.with !== undefined && fits(technique.id, place.with)),
  );
  const stagesOf = new Set(partners.flat().map(({ technique }) => technique.place.stage));
  const [only, ...more] = stagesOf;
  if (only === undefined || more.length > 0 || partners.some((some) => some.length === 0)) return null;
  const list = surveyed.filter(({ technique }) => technique.place.stage === only);
  const values = list.flatMap((one, index) => (partners.flat().includes(one) ? [index + 1] : []));
  return { stage: only, values };
};

const optionDecisions = (stage: Stage, value: number, { technique, options }: Surveyed): readonly Decision[] =>
  options.map(({ option, values, when }): Decision => {
    const on: SearchedOption | undefined = options.find((one) => one.option === when?.option);
    return {
      id: optionId(technique, option),
      title: `${technique.id}: ${option}`,
      values: values.map(wordsOf),
      ordered: values.every((one) => Number.isFinite(Number(one))),
      when:
        when === null || on === undefined
          ? { dimension: stage, values: [value] }
          : {
              dimension: optionId(technique, when.option),
              values: on.values.flatMap((one, index) => (when.values.includes(one) ? [index] : [])),
            },
      meaning: { kind: 'option', technique, option, values },
    };
  });

const stageDecisions = (
  stage: Stage,
  surveyed: readonly Surveyed[],
  fused: readonly ChainStep[],
  groups: readonly LayerGroup[],
): readonly Decision[] => {
  const { title, none, together } = stageSpecs[stage];
  if (together !== undefined)
    return fused.length === 0
      ? []
      : [
          {
            id: stage,
            title,
            values: [none, together],
            ordered: false,
            meaning: { kind: 'stage', stage, values: [null, 'together'] },
          },
        ];
  const own = surveyed.filter(({ technique }) => technique.place.stage === stage);
  if (own.length === 0) return [];
  const partner = partnerOf(stage, surveyed);
  const layerwise = own.flatMap(({ technique }, index) => (technique.layerwise === true ? [index + 1] : []));
  return [
    {
      id: stage,
      title,
      values: [none, ...own.map(({ technique }) => technique.id)],
      ordered: false,
      ...(partner === null ? {} : { when: { dimension: partner.stage, values: partner.values } }),
      meaning: { kind: 'stage', stage, values: [null, ...own.map(({ technique }) => technique)] },
    },
    ...own.flatMap((one, index) => optionDecisions(stage, index + 1, one)),
    ...(stage === 'weights' && groups.length > 0 && layerwise.length > 0
      ? [
          {
            id: layersId(stage),
            title: 'Layers left as they are',
            values: ['none', ...groups.map(({ words }) => words)],
            ordered: false,
            when: { dimension: stage, values: layerwise },
            meaning: { kind: 'layers' as const, stage, values: [null, ...groups] },
          },
        ]
      : []),
  ];
};

/** Parents before those that depend on them; otherwise in the order of chains. */
const sorted = (decisions: readonly Decision[]): readonly Decision[] => {
  const left = [...decisions];
  const placed = new Map<string, Decision>();
  while (left.length > 0) {
    const next = left.findIndex(({ when }) => when === undefined || placed.has(when.dimension));
    const [one] = left.splice(next, 1);
    placed.set(one!.id, one!);
  }
  return [...placed.values()];
};

/** All decisions about chains, also those that will turn out to be impossible: what is left out is counted. */
export const rawDecisions = (
  surveyed: readonly Surveyed[],
  fused: readonly ChainStep[],
  groups: readonly LayerGroup[],
): readonly Decision[] => sorted(decided.flatMap((stage) => stageDecisions(stage, surveyed, fused, groups)));

/** What is left out because a technique or one of its values is. */
export const goneExclusions = (decisions: readonly Decision[], surveyed: readonly Surveyed[]): readonly Exclusion[] =>
  surveyed.flatMap(({ technique, gone, options }) => {
    const chosen = literalOf(decisions, technique);
    if (gone !== null)
      return [
        {
          reason: `${technique.id}: ${gone}`,
          where: [chosen],
          drops: { decision: chosen.decision, value: chosen.values[0]! },
        },
      ];
    return options.flatMap((one) =>
      [...one.gone].map(([value, reason]) => ({
        reason,
        where: [chosen, { decision: optionId(technique, one.option), values: [value] }],
        drops: { decision: optionId(technique, one.option), value },
      })),
    );
  });

/** That a technique is chosen. */
export const literalOf = (decisions: readonly Decision[], technique: Placed): Literal => {
  const stage = decisions.find(({ id }) => id === technique.place.stage);
  if (stage?.meaning.kind !== 'stage') throw new Error(`no decision about ${technique.id}`);
  return { decision: stage.id, values: [stage.meaning.values.indexOf(technique)] };
};

import { SteelyardError, type Example, type Judging, type MetricSpec } from '../../../contracts/index.ts';
import { entitiesOf, type Entity, type Scheme } from './entities.ts';
import { f1Of, share, summing } from './sums.ts';

const higher = { unit: 'proportion', better: 'higher', versus: 'difference' } as const;
const source = 'an entity counts where its words and its type are exactly right (conlleval; seqeval)';
export const tagMetrics: readonly MetricSpec[] = [
  {
    id: 'entity-f1',
    title: 'Entity F1',
    ...higher,
    definition: `Harmonic mean of precision and recall over all entities: ${source}.`,
  },
  {
    id: 'entity-precision',
    title: 'Entity precision',
    ...higher,
    definition: `Share of the entities found that are right: ${source}.`,
  },
  {
    id: 'entity-recall',
    title: 'Entity recall',
    ...higher,
    definition: `Share of the right entities that are found: ${source}.`,
  },
  {
    id: 'entity-f1-macro',
    title: 'Macro entity F1',
    ...higher,
    definition:
      'Mean of entity F1 over the types of entity that occur: every type counts the same (seqeval, average="macro").',
  },
  {
    id: 'token-accuracy',
    title: 'Token accuracy',
    ...higher,
    definition: 'Share of words whose tag is the right one.',
  },
];

const tagsOf = (example: Example): readonly string[] | null =>
  Array.isArray(example.gold) ? (example.gold as readonly string[]) : null;
const keyOf = ({ type, start, end }: Entity): string => `${start} ${end} ${type}`;
const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((tag, at) => tag === b[at]);

/** Tags are judged by the entities that they say. Counts per sentence and type: right, found, true. Errors: `task/gold`, `task/labels`, `task/tags`. */
export const judgeTags = (labels: readonly string[], scheme: Scheme): Judging => ({
  metrics: tagMetrics,
  check(examples, where) {
    const known = new Set(labels);
    const strange = new Set<string>();
    for (const example of examples) {
      const tags = tagsOf(example);
      if (tags === null) continue;
      if (tags.length !== example.words?.length)
        throw new SteelyardError(
          'task/gold',
          `${where}: example ${example.id} has ${example.words?.length ?? 0} words and ${tags.length} tags`,
          'give every word one tag',
        );
      for (const tag of tags) if (!known.has(tag)) strange.add(tag);
      entitiesOf(tags, scheme);
    }
    if (strange.size > 0)
      throw new SteelyardError(
        'task/labels',
        `${where}: tags that the model does not know: ${[...strange].slice(0, 8).join(', ')}; it knows: ${labels.slice(0, 20).join(', ')}`,
        'rename the tags in the data, or map the model’s with task.labels',
      );
  },
  judge(examples, predictions) {
    const rows = [...examples.keys()].filter((row) => tagsOf(examples[row]!) !== null);
    const types = new Map<string, number>();
    const sentences = rows.map((row) => {
      const truth = tagsOf(examples[row]!)!;
      const given = predictions.answers![row]! as readonly string[];
      const [expected, found] = [entitiesOf(truth, scheme), entitiesOf(given, scheme)];
      for (const { type } of [...expected, ...found]) if (!types.has(type)) types.set(type, types.size);
      return { truth, given, expected, found };
    });
    const width = 2 + 3 * types.size;
    const counts = new Float64Array(rows.length * width);
    const right = new Uint8Array(rows.length);
    for (const [at, { truth, given, expected, found }] of sentences.entries()) {
      const base = at * width;
      counts[base] = truth.filter((tag, word) => tag === given[word]).length;
      counts[base + 1] = truth.length;
      right[at] = equal(truth, given) ? 1 : 0;
      const known = new Set(expected.map(keyOf));
      for (const entity of found) {
        const of = base + 2 + 3 * types.get(entity.type)!;
        counts[of + 1]! += 1;
        if (known.has(keyOf(entity))) counts[of]! += 1;
      }
      for (const { type } of expected) counts[base + 2 + 3 * types.get(type)! + 2]! += 1;
    }
    const summed = summing(counts, width);
    const values = (weights?: ArrayLike<number>): Float64Array => {
      const sums = summed(weights);
      let [hits, given, truth, all, present] = [0, 0, 0, 0, 0];
      for (let at = 2; at < width; at += 3) {
        hits += sums[at]!;
        given += sums[at + 1]!;
        truth += sums[at + 2]!;
        if (sums[at + 1]! + sums[at + 2]! === 0) continue;
        present += 1;
        all += f1Of(sums[at]!, sums[at + 1]!, sums[at + 2]!);
      }
      return Float64Array.of(
        f1Of(hits, given, truth),
        share(hits, given),
        share(hits, truth),
        share(all, present),
        share(sums[0]!, sums[1]!),
      );
    };
    const wholes = summed();
    const ordered = [...types].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const slices = {
      columns: ordered.map(([type, index]) => ({
        name: `entity=${type}`,
        metric: 'entity-f1',
        count: wholes[4 + 3 * index]!,
      })),
      values: (weights?: ArrayLike<number>): Float64Array => {
        const sums = summed(weights);
        return Float64Array.from(ordered, ([, index]) =>
          f1Of(sums[2 + 3 * index]!, sums[3 + 3 * index]!, sums[4 + 3 * index]!),
        );
      },
    };
    return { rows, values, right, slices };
  },
  changed: (before, after, row) =>
    !equal(before.answers![row] as readonly string[], after.answers![row] as readonly string[]),
});

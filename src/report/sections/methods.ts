import type { Block } from '../blocks.ts';
import { capital, listed } from '../text.ts';
import type { View } from '../view.ts';
import { familyTitles } from './families.ts';
import { nounOf } from './phrases.ts';

/** A method without the counts of a single metric, which stand beside its numbers: "paired bootstrap over examples". */
const kindOf = (method: string): string =>
  method
    .split('; ')[0]!
    .replace(/, [\d,]+ draws\b/g, '')
    .replace(/ \((?:\d+ of \d+|\d+ pairs|[^)]*over \d+)\)/g, '')
    .replace(/\b(on|over|of) (?:the )?[\d.,]+ (?=\p{L})/gu, '$1 ')
    .replace(/\bof [\d,]+ (calls|rounds)\b/g, 'of $1');

const add = (map: Map<string, Set<string>>, key: string, value: string): void => {
  map.set(key, (map.get(key) ?? new Set<string>()).add(value));
};

/** How intervals were computed, by family; the counts are in the tables of every number. */
export const methodBlocks = (view: View): Block[] => {
  const titles = familyTitles(view);
  const families = new Map<string, Map<string, Set<string>>>();
  for (const version of view.candidates)
    for (const measurements of version.measured.values())
      for (const { metric: id, versus, slice } of measurements) {
        if (versus === undefined || slice !== undefined || versus.evidence.kind === 'exact') continue;
        const title = titles.get(id) ?? 'Other';
        const family = families.get(title) ?? new Map<string, Set<string>>();
        families.set(title, family);
        const metric = view.metrics.get(id);
        add(family, kindOf(versus.method), metric === undefined ? id : nounOf(metric));
      }
  if (families.size === 0) return [];
  return [
    {
      kind: 'details',
      title: 'Methods behind the intervals',
      blocks: [
        {
          kind: 'table',
          caption: 'Comparisons with the original',
          columns: [
            { title: 'Side', align: 'start' },
            { title: 'Method', align: 'start', wide: true },
            { title: 'Used for', align: 'start', wide: true },
          ],
          rows: [...families].flatMap(([title, family]) =>
            [...family].map(([method, metrics]) => [
              { kind: 'text' as const, text: title },
              { kind: 'text' as const, text: capital(method) },
              { kind: 'text' as const, text: listed([...metrics]) },
            ]),
          ),
          notes: ['Counts of examples, rounds and draws stand beside each number under “Every number”.'],
        },
      ],
    },
  ];
};

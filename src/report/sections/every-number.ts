import { caveatText } from '../../contracts/index.ts';
import type { Block, Cell } from '../blocks.ts';
import { capital, grouped } from '../text.ts';
import { measurementOf, type Version, type View } from '../view.ts';
import { sidesOf } from './families.ts';
import { levelText, nounOf, spanShown } from './phrases.ts';
import { changeCell } from './tell.ts';
import { versionCell } from './version-cell.ts';

const count = (value: number): Cell => ({
  kind: 'number',
  text: grouped(value),
  value,
  low: value,
  high: value,
});

/** For auditors: each metric of each version in full, a table a family and split. */
export const everyNumber = (view: View, versions: readonly Version[]): Block[] =>
  sidesOf(view, versions).flatMap(({ title, metrics }) =>
    ['evaluation', 'holdback'].flatMap((split): Block[] => {
      const rows = metrics.flatMap((metric) =>
        versions.flatMap((version): Cell[][] => {
          const one = measurementOf(version, metric.id, undefined, split);
          if (one === null) return [];
          const caveat = caveatText(one);
          const { interval } = spanShown(metric, one, view.currency);
          return [
            [
              { kind: 'text', text: capital(nounOf(metric)) },
              versionCell(version),
              {
                kind: 'number',
                text: levelText(metric, one.value, one, view.currency),
                ...(interval === undefined ? {} : { interval }),
                value: one.value,
                low: one.low,
                high: one.high,
              },
              count(one.samples),
              changeCell(view, metric, one.versus),
              {
                kind: 'text',
                text: one.versus?.method ?? '',
                ...(caveat === undefined ? {} : { detail: [caveat] }),
              },
            ],
          ];
        }),
      );
      if (rows.length === 0) return [];
      return [
        {
          kind: 'table',
          caption: `${title}, ${split === 'holdback' ? 'held-back' : split} data`,
          columns: [
            { title: 'Metric', align: 'start' },
            { title: 'Version', align: 'start' },
            { title: 'Value', align: 'end' },
            { title: 'Samples', align: 'end' },
            { title: 'Against the original', align: 'end' },
            { title: 'Method', align: 'start' },
          ],
          rows,
          notes: [],
        },
      ];
    }),
  );

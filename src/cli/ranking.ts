import type { Ranking, Timed } from '../engine/build/fastest.ts';
import { bytesText } from './numbers.ts';

const times = (ratio: number): string => `${(1 / ratio).toFixed(2)}×`;
const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;

/** "quantize/dynamic(bits=7)" and how much faster it is, with its interval, its error and its size. */
const rowOf = ({ chain, ratio, relativeError, sizeBytes }: Timed): readonly string[] => [
  chain.id,
  `${times(ratio.value)} [${times(ratio.high)}, ${times(ratio.low)}]`,
  percent(relativeError),
  bytesText(sizeBytes),
];

/** A ranking as lines of text, the written version first. */
export const rankingLines = ({ ranked, leftOut, caveat }: Ranking): readonly string[] => {
  const rows = [['version', 'speed [95 % interval]', 'output error', 'size'], ...ranked.map(rowOf)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const [best] = ranked;
  const doubt =
    best !== undefined && best.ratio.high >= 1
      ? ['the first one is not shown to be faster than the original: take it for its size, or time longer (--seconds)']
      : [];
  return [
    ...(ranked.length > 0 ? table : []),
    ...leftOut.map(({ chain, reason }) => `left out: ${chain.id}: ${reason}`),
    ...doubt,
    ...(caveat === null ? [] : [`timing: ${caveat}`]),
  ];
};

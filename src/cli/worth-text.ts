import type { WhatPays, Worth } from '../engine/build/what-pays.ts';
import { columns } from './columns.ts';
import { bytesText, percentText } from './numbers.ts';

type Ratio = Worth['ratios'][number];

const times = (ratio: number): string => (1 / ratio).toFixed(2);

/** "2.10× [2.05, 2.16]". */
const speedText = ({ value, low, high }: Ratio): string => `${times(value)}× [${times(high)}, ${times(low)}]`;

/** What the intervals say about all numbers of rows together. A gain below 2 % is none: fresh processes of one model differ by as much. */
const verdict = (ratios: readonly Ratio[]): string => {
  const faster = ratios.filter(({ high }) => high < 0.98).length;
  const slower = ratios.filter(({ low }) => low > 1.02).length;
  if (faster === ratios.length) return 'faster';
  if (slower === ratios.length) return 'slower';
  if (faster > 0 && slower > 0) return 'depends';
  return faster > 0 ? 'faster in part' : slower > 0 ? 'slower in part' : 'same speed';
};

const errorText = (error: number): string => (error === 0 ? 'none' : percentText(error, false));

const cells = (seen: WhatPays): readonly (readonly string[])[] => {
  const rows = seen.worth[0]?.ratios.map((ratio) => ratio.rows) ?? [];
  const speed = (count: number): string => `speed, ${count === 1 ? '1 row' : `${count} rows`} a call`;
  return [
    ['version', 'size', ...rows.map(speed), 'output error', 'in short'],
    ...seen.worth.map(({ id, sizeBytes, relativeError, ratios }) => [
      id,
      `${bytesText(sizeBytes)} (${percentText(sizeBytes / seen.model.sizeBytes - 1)})`,
      ...ratios.map(speedText),
      errorText(relativeError),
      verdict(ratios),
    ]),
  ];
};

const heading = ({ machine, model }: WhatPays): string =>
  `${model.source} (${bytesText(model.sizeBytes)}) on ${machine.cpu}, ${machine.instructionSets.join(' ')}, ONNX Runtime ${machine.onnxruntime}, one thread`;

const legend =
  'Speed: how many times as fast as the original, median of interleaved rounds, with a 95 % interval. Output error: relative L2 distance of the outputs.';

/** For people at a terminal. */
export const worthText = (seen: WhatPays): string =>
  [
    heading(seen),
    '',
    ...columns(cells(seen), `lr${'r'.repeat(seen.worth[0]?.ratios.length ?? 0)}rl`),
    '',
    legend,
    `Outputs compared on ${seen.comparedOn}.`,
    ...(seen.leftOut.length === 0
      ? []
      : ['', 'Left out', ...columns(seen.leftOut.map(({ id, reason }) => [id, reason]))]),
    ...seen.caveats.map((caveat) => `Note: ${caveat}`),
  ].join('\n');

const inCell = (text: string): string => text.replaceAll('|', '\\|');

/** For documents. */
export const worthMarkdown = (seen: WhatPays): string => {
  const [head = [], ...rows] = cells(seen);
  const line = (row: readonly string[]): string => `| ${row.map(inCell).join(' | ')} |`;
  const numbers = head.length - 3;
  return [
    `${heading(seen)}.`,
    '',
    line(head),
    `|---${'|---:'.repeat(numbers + 1)}|---|`,
    ...rows.map(([id = '', ...rest]) => line([`\`${id}\``, ...rest])),
    '',
    `${legend} Outputs compared on ${seen.comparedOn}.`,
    ...(seen.leftOut.length === 0 ? [] : ['', ...seen.leftOut.map(({ id, reason }) => `- \`${id}\`: ${reason}`)]),
    ...(seen.caveats.length === 0 ? [] : ['', ...seen.caveats.map((caveat) => `Note: ${caveat}`)]),
  ].join('\n');
};

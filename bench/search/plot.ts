// A plot of lines as SVG, readable without anything else.

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yMax: number;
  readonly lines: readonly Line[];
}

/** Distinct also for people who see few colors, and by their dashes. Source: Okabe & Ito 2008. */
const looks = [
  { color: '#0072b2', dash: '' },
  { color: '#d55e00', dash: '8 3' },
  { color: '#009e73', dash: '2 3' },
  { color: '#cc79a7', dash: '8 3 2 3' },
  { color: '#56b4e9', dash: '12 4' },
];
const [width, height, left, top] = [420, 260, 60, 40];

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const panel = ({ title, xLabel, yLabel, yMax, lines }: Panel, offset: number): string => {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].toSorted((a, b) => a - b);
  const xMax = xs.at(-1) ?? 1;
  const at = ({ x, y }: { x: number; y: number }): string =>
    `${(offset + left + (x / xMax) * width).toFixed(1)},${(top + height - (Math.min(y, yMax) / yMax) * height).toFixed(1)}`;
  const grid = Array.from({ length: 6 }, (_, i) => (yMax * i) / 5).map((y) => {
    const level = top + height - (y / yMax) * height;
    return `<line x1="${offset + left}" y1="${level}" x2="${offset + left + width}" y2="${level}" stroke="#ddd"/><text x="${offset + left - 8}" y="${level + 4}" text-anchor="end">${Number(y.toPrecision(3))}</text>`;
  });
  const ticks = xs.map((x) => {
    const place = offset + left + (x / xMax) * width;
    return `<line x1="${place}" y1="${top + height}" x2="${place}" y2="${top + height + 5}" stroke="#333"/><text x="${place}" y="${top + height + 18}" text-anchor="middle">${x}</text>`;
  });
  const drawn = lines.map(({ name, points }, i) => {
    const { color, dash } = looks[i % looks.length]!;
    const legend = top + height + 58 + 16 * i;
    return `<polyline fill="none" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}" points="${points.map(at).join(' ')}"/><line x1="${offset + left}" y1="${legend - 4}" x2="${offset + left + 36}" y2="${legend - 4}" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/><text x="${offset + left + 44}" y="${legend}">${escape(name)}</text>`;
  });
  return [
    `<text x="${offset + left}" y="24" font-weight="bold">${escape(title)}</text>`,
    ...grid,
    ...ticks,
    `<rect x="${offset + left}" y="${top}" width="${width}" height="${height}" fill="none" stroke="#333"/>`,
    `<text x="${offset + left + width / 2}" y="${top + height + 36}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text transform="translate(${offset + 16} ${top + height / 2}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
    ...drawn,
  ].join('\n');
};

/** Panels side by side, with axes, units and a legend. What lies above a panel's largest value is drawn at its edge. */
export const plot = (panels: readonly Panel[]): string => {
  const each = left + width + 30;
  const most = Math.max(0, ...panels.map(({ lines }) => lines.length));
  const [w, h] = [each * panels.length, top + height + 60 + 16 * most];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" font-family="sans-serif" font-size="12" role="img" aria-label="${panels.map(({ title }) => escape(title)).join('; ')}">
<rect width="${w}" height="${h}" fill="#fff"/>
${panels.map((one, i) => panel(one, i * each)).join('\n')}
</svg>
`;
};

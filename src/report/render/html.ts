import type { Block, Cell, Column, Role, Tone } from '../blocks.ts';
import { beyond, frameOf } from './frame.ts';
import { curveSvg } from './curve.ts';
import { escapeHtml as text } from './escape.ts';
import { style } from './html-style.ts';
import { markSvg, roleNames, scatterSvg } from './svg.ts';

const signs: Readonly<Record<Tone, string>> = { pass: '✓', fail: '✗', undecided: '?', neutral: '' };
const sign = (tone: Tone): string =>
  signs[tone] === '' ? '' : `<span class="sign" aria-hidden="true">${signs[tone]}</span> `;

/** What a page remembers while it is written: the next free id, and whether the answer was given. */
interface Page {
  next: number;
  answered: boolean;
}

const seam = /(?<=[/(=_,+:-])(?=[A-Za-z0-9])/;

/** Long ids may break where a reader would breathe. */
const breakable = (raw: string): string =>
  raw
    .split(/(\S{16,})/)
    .map((part, index) => (index % 2 === 0 ? text(part) : part.split(seam).map(text).join('<wbr>')))
    .join('');

const details = (cell: Cell): string =>
  'detail' in cell ? (cell.detail ?? []).map((one) => `<span class="detail">${text(one)}</span>`).join('') : '';

/** Names of classes break at their joints: card_<wbr>declined. */
const nameBreaks = (data: string): string =>
  data
    .split(/(?<=[\p{L}\d]_)(?=[\p{L}\d])/u)
    .map(text)
    .join('<wbr>');

const cellBody = (cell: Cell): string => {
  switch (cell.kind) {
    case 'text': {
      const name = breakable(cell.text);
      const body = cell.strong === true ? `<strong>${name}</strong>` : name;
      return cell.tag === undefined
        ? body
        : `<span class="version"><span class="tag">${text(cell.tag)}</span><span>${body}</span></span>`;
    }
    case 'data':
      return `<bdi class="data" dir="auto">${nameBreaks(cell.text)}</bdi>`;
    case 'verdict':
      return `<span class="verdict ${cell.tone}">${sign(cell.tone)}${text(cell.text)}</span>`;
    case 'number':
      return `${cell.tone === undefined ? text(cell.text) : `<span class="verdict ${cell.tone}">${sign(cell.tone)}${text(cell.text)}</span>`}${cell.interval === undefined ? '' : ` <span class="ci">${text(cell.interval)}</span>`}`;
    case 'none':
      return '<span class="none">–</span>';
  }
};

const classOf = ({ align, wide }: Column): string => {
  const names = [...(align === 'end' ? ['end'] : []), ...(wide === true ? ['wide'] : [])];
  return names.length === 0 ? '' : ` class="${names.join(' ')}"`;
};

const headText = ({ title, unit }: Column): string =>
  `${text(title)}${unit === undefined ? '' : ` <span class="unit">(${text(unit)})</span>`}`;

const termsHtml = (terms: readonly string[]): string =>
  terms.length === 0
    ? ''
    : `<details class="terms"><summary>What the columns mean</summary><ul class="notes">${terms.map((term) => `<li>${text(term)}</li>`).join('')}</ul></details>`;

const tableHtml = (
  { caption, columns, rows, notes, terms = [] }: Extract<Block, { kind: 'table' }>,
  page: Page,
): string => {
  // Tables of sentences become cards on a phone; tables of numbers scroll inside their frame.
  const cards = columns.some(({ wide }) => wide === true);
  const id = `table-${page.next++}`;
  const head = columns
    .map((column) => `<th scope="col" role="columnheader"${classOf(column)}>${headText(column)}</th>`)
    .join('');
  const body = rows
    .map((row) => {
      const strong = row.some((cell) => cell.kind === 'text' && cell.strong === true);
      const cells = columns.map((column, index) => {
        const cell = row[index] ?? { kind: 'none' };
        const inner = `${cellBody(cell)}${details(cell)}`;
        const label =
          cards && index > 0
            ? ` data-label="${text(column.unit === undefined ? column.title : `${column.title} (${column.unit})`)}"`
            : '';
        return index === 0
          ? `<th scope="row" role="rowheader"${classOf(column)}>${inner}</th>`
          : `<td role="cell"${classOf(column)}${label}>${inner}</td>`;
      });
      return `<tr role="row"${strong ? ' class="strong"' : ''}>${cells.join('')}</tr>`;
    })
    .join('\n');
  const list =
    notes.length === 0 ? '' : `<ul class="notes">${notes.map((note) => `<li>${text(note)}</li>`).join('')}</ul>`;
  return (
    `<div class="scroll" role="region" tabindex="0" aria-labelledby="${id}"><table role="table"${cards ? ' class="cards"' : ''}>` +
    `<caption id="${id}">${breakable(caption)}</caption><thead role="rowgroup"><tr role="row">${head}</tr></thead>\n<tbody role="rowgroup">${body}</tbody></table></div>${list}${termsHtml(terms)}`
  );
};

const scatterHtml = (block: Extract<Block, { kind: 'scatter' }>, page: Page): string => {
  const id = `plot-${page.next++}`;
  const roles = (Object.keys(roleNames) as Role[]).filter((role) => block.points.some((point) => point.role === role));
  const far = beyond(block, frameOf(block, 7, 5)).map(({ tag, name }) => (tag === '' ? name : `${tag} (${name})`));
  const legend = roles.map((role) => `<li>${markSvg(role)}${text(roleNames[role])}</li>`);
  if (block.limits.length > 0)
    legend.push(
      '<li><svg class="key" viewBox="0 0 24 20" width="24" height="20" aria-hidden="true" focusable="false"><path class="limit" d="M1 10H23"/></svg>condition</li>',
    );
  const note =
    far.length === 0
      ? ''
      : `<p class="small">Beyond the edge, drawn there with an arrow: ${text(far.join(', '))}. The table below has the numbers.</p>`;
  return `<figure>${scatterSvg(block, 900, 440, `${id}-broad`)}${scatterSvg(block, 340, 340, `${id}-narrow`)}<figcaption><ul class="legend">${legend.join('')}</ul>${note}</figcaption></figure>`;
};

const blockHtml = (block: Block, page: Page): string => {
  switch (block.kind) {
    case 'heading': {
      const kicker = block.kicker === undefined ? '' : `<p class="kicker">${text(block.kicker)}</p>\n`;
      return `${kicker}<h${block.level}>${breakable(block.text)}</h${block.level}>`;
    }
    case 'paragraph':
      return `<p${block.small === true ? ' class="small"' : ''}>${text(block.text)}</p>`;
    case 'callout': {
      // The first callout is the answer.
      const isAnswer = !page.answered;
      page.answered = true;
      const lines = block.text.map(
        (one, index) => `<p${index === 0 && isAnswer ? ' class="lead"' : ''}>${text(one)}</p>`,
      );
      return `<div class="callout ${block.tone}"><p class="title">${sign(block.tone)}${text(block.title)}</p>${lines.join('')}</div>`;
    }
    case 'figures':
      return `<dl class="figures">${block.items
        .map(
          ({ label, value, unit, interval, note }) =>
            `<div><dt>${text(label)}</dt><dd class="value">${text(value)}${unit === undefined ? '' : ` <span class="unit">${text(unit)}</span>`}</dd>${interval === undefined ? '' : `<dd class="ci">${text(interval)}</dd>`}<dd class="note">${text(note)}</dd></div>`,
        )
        .join('')}</dl>`;
    case 'facts':
      return `<dl class="facts">${block.items.map(({ label, value }) => `<dt>${text(label)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`;
    case 'table':
      return tableHtml(block, page);
    case 'scatter':
      return scatterHtml(block, page);
    case 'curve': {
      const id = `plot-${page.next++}`;
      return `<figure>${curveSvg(block, 900, 320, `${id}-broad`)}${curveSvg(block, 340, 260, `${id}-narrow`)}<figcaption><ul class="legend"><li>${markSvg('front')}seems to meet every condition</li><li>${markSvg('fails')}does not</li><li><svg class="key" viewBox="0 0 24 20" width="24" height="20" aria-hidden="true" focusable="false"><path class="best-line" d="M1 4H12V14H23"/></svg>best so far</li></ul></figcaption></figure>`;
    }
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
    case 'code':
      return `<pre tabindex="0"><code>${block.text.split('\n').map(text).join('\n')}</code></pre>`;
    case 'details':
      return `<details><summary>${text(block.title)}</summary>${block.blocks.map((inner) => blockHtml(inner, page)).join('\n')}</details>`;
  }
};

/** The report as one HTML file: no script, no request to anywhere (a content security policy forbids both),
 *  both color schemes, phone to paper. Texts from the data cannot become markup. */
export const toHtml = (blocks: readonly Block[]): string => {
  const page: Page = { next: 1, answered: false };
  const title = blocks.find((block) => block.kind === 'heading' && block.level === 1);
  const name = title?.kind === 'heading' ? [title.text, title.kicker ?? ''].filter(Boolean).join(' · ') : 'Report';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Steelyard">
<title>${text(name)}</title>
<style>
${style}
</style>
</head>
<body>
<main>
${blocks.map((block) => blockHtml(block, page)).join('\n')}
</main>
</body>
</html>
`;
};

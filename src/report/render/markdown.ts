import type { Block, Cell, Tone } from '../blocks.ts';
import { visible } from '../text.ts';
import { curveText } from './curve.ts';
import { plotText } from './plot-text.ts';

/** Text that Markdown shows as it is: no markup, no HTML, no links, no mentions, one line. GitHub's autolinks included. */
export const escapeMarkdown = (text: string): string =>
  visible(text)
    .replace(/[\\`*_[\]|~#$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '&#64;')
    .replace(/\b(https?|ftp|mailto|xmpp)(:)/gi, '$1&#58;')
    .replace(/\bwww\./gi, 'www&#46;')
    .replace(/^(\s*)([-+=])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])/, '$1\\$2');

const signs: Readonly<Record<Tone, string>> = { pass: '✅ ', fail: '❌ ', undecided: '❓ ', neutral: '' };

const cellText = (cell: Cell): string => {
  const details = 'detail' in cell && cell.detail !== undefined ? cell.detail : [];
  const main = ((): string => {
    switch (cell.kind) {
      case 'text': {
        const text = escapeMarkdown(cell.text);
        const tag = cell.tag === undefined ? '' : `**${escapeMarkdown(cell.tag)}** `;
        return `${tag}${cell.strong === true ? `**${text}**` : text}`;
      }
      case 'data':
        return escapeMarkdown(cell.text);
      case 'verdict':
        return `${signs[cell.tone]}${escapeMarkdown(cell.text)}`;
      case 'number':
        return `${signs[cell.tone ?? 'neutral']}${escapeMarkdown(cell.interval === undefined ? cell.text : `${cell.text} ${cell.interval}`)}`;
      case 'none':
        return '–';
    }
  })();
  return [main, ...details.map((detail) => `<sub>${escapeMarkdown(detail)}</sub>`)].join('<br>');
};

const fence = (text: string): string[] => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = '`'.repeat(longest + 1);
  return [`${marks}text`, text, marks];
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const blockLines = (block: Block): string[] => {
  switch (block.kind) {
    case 'heading': {
      const line = `${'#'.repeat(block.level)} ${escapeMarkdown(block.text)}`;
      return block.kicker === undefined ? [line] : [line, '', `*${escapeMarkdown(block.kicker)}*`];
    }
    case 'paragraph':
      return [escapeMarkdown(block.text)];
    case 'callout':
      return [
        `> ${signs[block.tone]}**${escapeMarkdown(block.title)}**`,
        ...block.text.flatMap((text) => ['>', `> ${escapeMarkdown(text)}`]),
      ];
    case 'figures':
      return block.items.map(
        ({ label, value, unit, interval, note }) =>
          `- **${escapeMarkdown(label)}: ${escapeMarkdown(unit === undefined ? value : `${value} ${unit}`)}**${interval === undefined ? '' : ` ${escapeMarkdown(interval)}`}, ${escapeMarkdown(note)}`,
      );
    case 'facts':
      return block.items.map(({ label, value }) => `- **${escapeMarkdown(label)}**: ${escapeMarkdown(value)}`);
    case 'table':
      return [
        row(block.columns.map(({ title, unit }) => escapeMarkdown(unit === undefined ? title : `${title} (${unit})`))),
        row(block.columns.map(({ align }) => (align === 'end' ? '---:' : '---'))),
        ...block.rows.map((cells) => row(cells.map(cellText))),
        ...(block.notes.length === 0 ? [] : ['', ...block.notes.map((note) => `- <sub>${escapeMarkdown(note)}</sub>`)]),
        ...(block.terms === undefined || block.terms.length === 0
          ? []
          : [
              '',
              '<details><summary>What the columns mean</summary>',
              '',
              ...block.terms.map((term) => `- <sub>${escapeMarkdown(term)}</sub>`),
              '',
              '</details>',
            ]),
      ];
    case 'scatter':
      return fence(plotText(block, 78).map(visible).join('\n'));
    case 'curve':
      return fence(curveText(block, 78).map(visible).join('\n'));
    case 'list':
      return block.items.map((item) => `- ${escapeMarkdown(item)}`);
    case 'code':
      return fence(block.text.split('\n').map(visible).join('\n'));
    case 'details':
      return [
        `<details><summary>${escapeMarkdown(block.title)}</summary>`,
        '',
        ...block.blocks.flatMap((inner) => [
          ...(inner.kind === 'table' ? [`**${escapeMarkdown(inner.caption)}**`, ''] : []),
          ...blockLines(inner),
          '',
        ]),
        '</details>',
      ];
  }
};

/** The report as GitHub Markdown. Texts from the data cannot become markup, links or mentions. */
export const toMarkdown = (blocks: readonly Block[]): string =>
  `${blocks.map((block) => blockLines(block).join('\n')).join('\n\n')}\n`;

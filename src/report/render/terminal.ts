import pc from 'picocolors';
import type { Block, Tone } from '../blocks.ts';
import { listed, visible } from '../text.ts';
import { curveText } from './curve.ts';
import { plotText } from './plot-text.ts';
import { tableLines, type Paint } from './terminal-table.ts';
import { pad, widthOf, wrap } from './width.ts';

export interface TerminalSettings {
  /** Columns; at least 40 are used. Default 80. */
  readonly width?: number;
  /** ANSI colors; default false. Meaning never rests on color alone. */
  readonly color?: boolean;
  /** Sections for those who check and definitions too; default false: they are named, and where to find them. */
  readonly full?: boolean;
}

const painter = (color: boolean): Paint => {
  const { bold, dim, green, red, yellow } = pc.createColors(color);
  const tones = { pass: green, fail: red, undecided: yellow, neutral: (text: string) => text };
  return { strong: bold, dim, tone: (tone, text) => tones[tone](text) };
};

const signs: Readonly<Record<Tone, string>> = { pass: '✓', fail: '✗', undecided: '?', neutral: '•' };

const paragraph = (text: string, width: number, indent = '', first = indent): string[] =>
  wrap(visible(text), width - indent.length).map((line, index) => (index === 0 ? first : indent) + line);

const pairs = (
  items: readonly { readonly label: string; readonly value: string }[],
  width: number,
  paint: Paint,
): string[] => {
  const left = Math.min(24, Math.max(...items.map(({ label }) => widthOf(visible(label)))));
  return items.flatMap(({ label, value }) => {
    const names = wrap(visible(label), left);
    const lines = wrap(visible(value), width - left - 2);
    return Array.from({ length: Math.max(names.length, lines.length) }, (_, index) =>
      `${paint.dim(pad(names[index] ?? '', left))}  ${lines[index] ?? ''}`.trimEnd(),
    );
  });
};

const blockLines = (block: Block, width: number, paint: Paint, full: boolean): string[] => {
  switch (block.kind) {
    case 'heading': {
      const lines = paragraph(block.text, width).map(paint.strong);
      if (block.level === 1)
        return [...(block.kicker === undefined ? [] : paragraph(block.kicker, width).map(paint.dim)), ...lines];
      return block.level === 2
        ? [...lines, paint.dim('─'.repeat(Math.min(width, widthOf(visible(block.text)))))]
        : lines;
    }
    case 'paragraph':
      return paragraph(block.text, width).map(block.small === true ? paint.dim : (line) => line);
    case 'callout':
      return [
        ...paragraph(block.title, width, '  ', `${signs[block.tone]} `).map((line) => paint.tone(block.tone, line)),
        ...block.text.flatMap((text) => paragraph(text, width, '  ')),
      ];
    case 'figures':
      return pairs(
        block.items.map(({ label, value, unit, interval, note }) => ({
          label,
          value: `${value}${unit === undefined ? '' : ` ${unit}`}${interval === undefined ? '' : ` ${interval}`}: ${note}`,
        })),
        width,
        paint,
      );
    case 'facts':
      return pairs(block.items, width, paint);
    case 'table':
      return [
        ...tableLines(block, width, paint, full),
        ...[...block.notes, ...(full ? (block.terms ?? []) : [])].flatMap((note) =>
          paragraph(note, width, '  ', '· ').map(paint.dim),
        ),
      ];
    case 'scatter':
      return plotText(block, width).flatMap((line) =>
        widthOf(line) > width ? wrap(visible(line), width) : [visible(line)],
      );
    case 'curve':
      return curveText(block, width).flatMap((line) =>
        widthOf(line) > width ? wrap(visible(line), width) : [visible(line)],
      );
    case 'list':
      return block.items.flatMap((item) => paragraph(item, width, '  ', '• '));
    case 'code':
      return block.text.split('\n').map((line) => `  ${visible(line)}`);
    case 'details':
      return [];
  }
};

/** Without the sections for those who check, which are named at the end. */
const shortened = (
  blocks: readonly Block[],
): { readonly blocks: readonly Block[]; readonly left: readonly string[] } => {
  const kept: Block[] = [];
  const left: string[] = [];
  let skipping = false;
  for (const block of blocks) {
    if (block.kind === 'heading' && block.level <= 2) {
      skipping = block.minor === true;
      if (skipping) left.push(block.text);
    }
    if (!skipping) kept.push(block);
  }
  return { blocks: kept, left };
};

/** Folded blocks that follow each other, in one line. */
const foldedLines = (titles: readonly string[], width: number, paint: Paint): string[] =>
  paragraph(
    `${titles.length > 3 ? `${titles[0]!}, and ${titles.length - 1} more tables and lists` : listed(titles)}: in the HTML, Markdown and JSON reports.`,
    width,
    '  ',
    '+ ',
  ).map(paint.dim);

/** The report as text for a terminal: aligned, never wider than `width`, safe to print whatever the data holds.
 *  Ends with a newline. */
export const toTerminal = (blocks: readonly Block[], settings: TerminalSettings = {}): string => {
  const width = Math.max(40, settings.width ?? 80);
  const paint = painter(settings.color ?? false);
  const full = settings.full ?? false;
  const { blocks: shown, left } = full ? { blocks, left: [] } : shortened(blocks);
  const lines: string[] = [];
  let folded: string[] = [];
  const unfold = (): void => {
    if (folded.length > 0) lines.push('', ...foldedLines(folded, width, paint));
    folded = [];
  };
  for (const [index, block] of shown.entries()) {
    if (block.kind === 'details' || (block.kind === 'table' && block.minor === true && !full)) {
      folded.push(block.kind === 'details' ? block.title : block.caption);
      continue;
    }
    unfold();
    const before = shown[index - 1];
    if (before !== undefined) lines.push('');
    if (block.kind === 'heading' && block.level === 2) lines.push('');
    if (before?.kind === 'heading' && before.level > 1) lines.splice(block.kind === 'heading' ? lines.length : -1, 1);
    lines.push(...blockLines(block, width, paint, full));
  }
  unfold();
  if (left.length > 0)
    lines.push(
      '',
      ...paragraph(
        `${listed(left.map((title) => `“${title}”`))}: in the HTML, Markdown and JSON reports, or here with steelyard report --full.`,
        width,
        '  ',
        '+ ',
      ).map(paint.dim),
    );
  return `${lines.join('\n')}\n`;
};

import pc from 'picocolors';
import type { Block, Tone } from '../blocks.ts';
import { plural, visible } from '../text.ts';
import { plotText } from './plot-text.ts';
import { tableLines, type Paint } from './terminal-table.ts';
import { pad, widthOf, wrap } from './width.ts';

export interface TerminalSettings {
  /** Columns; at least 40 are used. Default 80. */
  readonly width?: number;
  /** ANSI colors; default false. Meaning never rests on color alone. */
  readonly color?: boolean;
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

const blockLines = (block: Block, width: number, paint: Paint): string[] => {
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
        ...tableLines(block, width, paint),
        ...block.notes.flatMap((note) => paragraph(note, width, '  ', '· ').map(paint.dim)),
      ];
    case 'scatter':
      return plotText(block, width).flatMap((line) =>
        widthOf(line) > width ? wrap(visible(line), width) : [visible(line)],
      );
    case 'list':
      return block.items.flatMap((item) => paragraph(item, width, '  ', '• '));
    case 'code':
      return block.text.split('\n').map((line) => `  ${visible(line)}`);
    case 'details': {
      const tables = block.blocks.filter(({ kind }) => kind === 'table').length;
      const what = tables === 0 ? '' : ` (${plural(tables, 'table')})`;
      return paragraph(`${block.title}${what}: in the HTML, Markdown and JSON reports.`, width, '  ', '+ ').map(
        paint.dim,
      );
    }
  }
};

/** The report as text for a terminal: aligned, never wider than `width`, safe to print whatever the data holds.
 *  Ends with a newline. */
export const toTerminal = (blocks: readonly Block[], settings: TerminalSettings = {}): string => {
  const width = Math.max(40, settings.width ?? 80);
  const paint = painter(settings.color ?? false);
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const before = blocks[index - 1];
    if (before !== undefined) lines.push('');
    if (block.kind === 'heading' && block.level === 2) lines.push('');
    if (before?.kind === 'heading' && before.level > 1) lines.splice(block.kind === 'heading' ? lines.length : -1, 1);
    lines.push(...blockLines(block, width, paint));
  }
  return `${lines.join('\n')}\n`;
};

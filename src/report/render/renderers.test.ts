import { describe, expect, test } from 'vitest';
import type { Block } from '../blocks.ts';
import { buildReport } from '../build.ts';
import { fixture, nastyTexts, type Ending } from '../testing/fixture.ts';
import { metrics } from '../testing/metrics.ts';
import { richFixture, richMetrics } from '../testing/rich.ts';
import { frameOf, ticksOf } from './frame.ts';
import { toHtml } from './html.ts';
import { toJson } from './json.ts';
import { escapeMarkdown, toMarkdown } from './markdown.ts';
import { plotText } from './plot-text.ts';
import { toTerminal } from './terminal.ts';
import { widthOf, wrap } from './width.ts';

const endings: Ending[] = ['chosen', 'keep', 'nothing', 'unconfirmed', 'unfinished'];
const made = new Map<string, readonly Block[]>();
/** A report, built once for all tests of this file: blocks are plain data that no renderer touches. */
const reportOf = (ending: Ending | 'all sides'): readonly Block[] => {
  const known = made.get(ending);
  if (known !== undefined) return known;
  const built =
    ending === 'all sides' ? buildReport(richFixture(), richMetrics) : buildReport(fixture(ending), metrics);
  made.set(ending, built);
  return built;
};
const blocks = reportOf('chosen');
const control = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** Lines that are copied as they stand are not broken. */
const codeLines = (blocks: readonly Block[]): ReadonlySet<string> =>
  new Set(blocks.flatMap((block) => (block.kind === 'code' ? block.text.split('\n').map((line) => `  ${line}`) : [])));

describe('terminal', () => {
  test.each([40, 60, 80, 100, 160])('no line is wider than %i columns', (width) => {
    for (const ending of endings) {
      const blocks = reportOf(ending);
      const code = codeLines(blocks);
      const wide = toTerminal(blocks, { width, full: true })
        .split('\n')
        .filter((line) => !code.has(line) && widthOf(line) > width);
      expect(wide).toEqual([]);
    }
  });

  test('short by default: the answer, the conditions, the versions, what changed; the rest is named', () => {
    const rich = reportOf('all sides');
    const [short, full] = [toTerminal(rich, { width: 100 }), toTerminal(rich, { width: 100, full: true })];
    for (const title of [
      'What was demanded',
      'All versions side by side',
      'All sides at a glance',
      'Answers that changed',
    ])
      expect(short).toContain(`\n${title}`);
    for (const title of ['How to run it', 'Gain against loss', 'Which kernels ran', 'How it was measured']) {
      expect(short).not.toContain(`\n${title}`);
      expect(short.replaceAll(/\s+/g, ' ')).toContain(`“${title}”`);
      expect(full).toContain(`\n${title}`);
    }
    expect(short.replaceAll(/\s+/g, ' ')).toContain('steelyard report --full');
    expect(short.split('\n').length).toBeLessThan(230);
    expect(full.split('\n').length).toBeGreaterThan(1.5 * short.split('\n').length);
    // Definitions and what passed need no words unless everything is asked for.
    expect(short).not.toContain('Holm-corrected');
    expect(full).toContain('Holm-corrected');
  });

  test('an interval is never broken, and what is better or worse has a sign', () => {
    for (const width of [60, 80, 100])
      for (const line of toTerminal(reportOf('all sides'), { width, full: true }).split('\n'))
        expect(line).not.toMatch(/\[[+−]?\d[\d.]*,\s*$/);
    const text = toTerminal(reportOf('all sides'), { width: 120, full: true });
    expect(text).toMatch(/✗ −2\.1/);
    expect(text).toMatch(/✓ −64/);
  });

  test('without color there is no control character but the newline, whatever the data holds', () => {
    expect(
      toTerminal(blocks)
        .split('\n')
        .filter((line) => control.test(line)),
    ).toEqual([]);
  });

  test('with color, the only escape sequences are our own', () => {
    const text = toTerminal(blocks, { color: true });
    // oxlint-disable-next-line no-control-regex
    const sequences = new Set([...text.matchAll(/\u001b[^m]*m?/g)].map(([one]) => one));
    expect(sequences.size).toBeGreaterThan(3);
    for (const sequence of sequences)
      expect(['1', '2', '22', '31', '32', '33', '39'].map((code) => `\u001b[${code}m`)).toContain(sequence);
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll(/\u001b\[\d+m/g, '')).toBe(toTerminal(blocks));
  });

  test('numbers are aligned at their right end', () => {
    const table: Block = {
      kind: 'table',
      caption: 'x',
      columns: [
        { title: 'Name', align: 'start' },
        { title: 'Size', unit: 'MB', align: 'end' },
      ],
      rows: [
        [
          { kind: 'text', text: 'a' },
          { kind: 'number', text: '7', value: 7, low: 7, high: 7 },
        ],
        [
          { kind: 'text', text: '日本' },
          { kind: 'number', text: '1,234', value: 1234, low: 1234, high: 1234 },
        ],
      ],
      notes: [],
    };
    expect(toTerminal([table])).toBe(
      ['Name  Size (MB)', '────  ─────────', 'a             7', '日本      1,234', ''].join('\n'),
    );
  });

  test('wrapping keeps a number with its unit and loses nothing', () => {
    expect(wrap('it is 71 % smaller', 8)).toEqual(['it is', '71 %', 'smaller']);
    expect(wrap('2.9× faster [2.7, 3.1], too', 17)).toEqual(['2.9× faster', '[2.7, 3.1], too']);
    expect(wrap('quantize/dynamic(perChannel=true)', 20)).toEqual(['quantize/dynamic(', 'perChannel=true)']);
    for (const text of nastyTexts) expect(wrap(text, 13).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  });
});

describe('markdown', () => {
  const text = toMarkdown(blocks);

  test('a table row has as many cells as its head, whatever the texts hold', () => {
    let columns = 0;
    for (const line of text.split('\n')) {
      if (!line.startsWith('|')) {
        columns = 0;
        continue;
      }
      const bars = [...line.matchAll(/(?<!\\)\|/g)].length;
      if (columns === 0) columns = bars;
      expect(bars, line).toBe(columns);
    }
  });

  test('texts cannot become markup, links or mentions', () => {
    expect(escapeMarkdown('<b>a</b> | `x` *y* _z_ [l](u) # @me & https://e.example www.e.example')).toBe(
      '&lt;b&gt;a&lt;/b&gt; \\| \\`x\\` \\*y\\* \\_z\\_ \\[l\\](u) \\# &#64;me &amp; https&#58;//e.example www&#46;e.example',
    );
    expect(escapeMarkdown('- item')).toBe('\\- item');
    expect(escapeMarkdown('1. item')).toBe('1\\. item');
    expect(text).not.toContain('<script');
    expect(text).not.toMatch(/https?:\/\//);
    const tags = new Set([...text.matchAll(/<\/?([a-z]+)/g)].map(([, name]) => name));
    expect([...tags].sort()).toEqual(['br', 'details', 'sub', 'summary']);
  });
});

describe('html', () => {
  test.each([...endings, 'all sides'] as const)('%s: hostile texts stay texts', (ending) => {
    const html = toHtml(reportOf(ending));
    expect(html).not.toMatch(/<script|<img|<b>|<i>|javascript:alert\(3\)"/i);
    expect(html.match(/<style>/g)).toHaveLength(1);
    expect(html.match(/<title>[^<]*<\/title>\n/g)).toHaveLength(1);
    expect(html.split('\n').filter((line) => control.test(line))).toEqual([]);
    // Every tag is one that this renderer writes.
    const tags = new Set([...html.matchAll(/<\/?([a-zA-Z][a-zA-Z0-9]*)/g)].map(([, name]) => name!));
    const known =
      'html head meta title style body main p h1 h2 h3 div span strong bdi dl dt dd ul li table caption thead tbody tr th td wbr figure figcaption svg desc g path line text details summary pre code'.split(
        ' ',
      );
    expect([...tags].filter((tag) => !known.includes(tag))).toEqual([]);
    // Every attribute is one of ours: no text broke out of its quotes.
    for (const [tag] of html.matchAll(/<[a-zA-Z][^>]*>/g)) expect(tag).not.toMatch(/\son[a-z]+\s*=/i);
  });

  test('one file: nothing to fetch, and a policy that forbids it', () => {
    const html = toHtml(blocks);
    expect(html).toContain("default-src 'none'");
    const tags = [...html.matchAll(/<[a-zA-Z][^>]*>/g)].map(([tag]) => tag);
    expect(tags.filter((tag) => /\s(src|href|srcset|action|xlink:href)=/.test(tag))).toEqual([]);
    expect(html).not.toMatch(/url\(|@import/);
    expect(html).toContain('<html lang="en">');
  });

  test('text directions are isolated and ids are unique', () => {
    const html = toHtml(blocks);
    expect(html).toContain('<bdi class="data" dir="auto">');
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, refs] of html.matchAll(/aria-labelledby="([^"]+)"/g))
      for (const ref of refs!.split(' ')) expect(ids).toContain(ref);
  });
});

describe('json', () => {
  test('parses, keeps raw values, and says infinities', () => {
    const parsed = JSON.parse(toJson(blocks)) as { blocks: Block[] };
    expect(parsed.blocks).toHaveLength(blocks.length);
    const cell = { kind: 'number', text: '∞', value: Infinity, low: 1, high: Infinity } as const;
    const table: Block = { kind: 'table', caption: '', columns: [], rows: [[cell]], notes: [] };
    expect(toJson([table])).toContain('"Infinity"');
  });
});

describe('plot', () => {
  const plot = blocks.find((block) => block.kind === 'scatter')!;
  if (plot.kind !== 'scatter') throw new Error('no plot');

  test('ticks are round and lie inside', () => {
    expect(ticksOf(0.31, 1.29, 5)).toEqual([0.4, 0.6, 0.8, 1, 1.2]);
    expect(ticksOf(-0.6, 0.45, 5)).toEqual([-0.6, -0.4, -0.2, 0, 0.2, 0.4]);
  });

  test('a version that fails by far does not press the others into one spot', () => {
    const { y } = frameOf(plot, 5, 5);
    expect(y.low).toBeGreaterThan(-2.5);
    expect(toHtml([plot])).toContain('Beyond the edge');
  });

  test('a single point, equal points and unbounded intervals still give a frame', () => {
    const span = { value: 0, low: -Infinity, high: Infinity };
    const odd = { ...plot, points: [{ tag: 'A', name: 'a', role: 'front' as const, x: span, y: span }], limits: [] };
    const { x } = frameOf(odd, 5, 5);
    expect(x.high).toBeGreaterThan(x.low);
    expect(toHtml([odd])).not.toContain('NaN');
    expect(plotText(odd, 80).join('')).not.toContain('NaN');
  });

  test('the chosen one and the original are on the text plot', () => {
    const text = plotText(plot, 80).join('\n');
    expect(text).toContain('C*');
    expect(text).toContain('◆');
  });
});

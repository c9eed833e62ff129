import type { LineCounter, YAMLParseError } from 'yaml';

/** What stands at a place, for a sentence. */
const foundAt = (text: string, offset: number): string => {
  const rest = text.slice(offset);
  if (rest.trim() === '') return 'the end of the file';
  if (/^\r?\n/.test(rest)) return 'the end of the line';
  if (rest.startsWith('\t')) return 'a tab';
  const [token = ''] = /^[ ]*(?:[^\s\p{L}\p{N}]|[^\s:,[\]{}#]+)/u.exec(rest) ?? [];
  const shown = token.trim();
  return `"${shown.length > 30 ? `${shown.slice(0, 29)}…` : shown}"`;
};

/** The brackets and quotes that are open where a text ends, outermost first. Comments, and quotes within words, open nothing. */
const openIn = (text: string): readonly { readonly sign: string; readonly at: number }[] => {
  const open: { sign: string; at: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    const last = open.at(-1)?.sign;
    if (last === '"' || last === "'") {
      if (last === '"' && sign === '\\') at++;
      else if (sign === last) open.pop();
      continue;
    }
    const begins = at === 0 || /[\s,[{:]/.test(text[at - 1]!);
    if (sign === '#' && (at === 0 || /\s/.test(text[at - 1]!))) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if ((sign === '"' || sign === "'" || sign === '[' || sign === '{') && begins) open.push({ sign, at });
    else if ((sign === ']' && last === '[') || (sign === '}' && last === '{')) open.pop();
  }
  return open;
};

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}', '"': '"', "'": "'" };

/** What is wrong, in words of people who write files: what was found and what was expected. `found`: what stands at the place. */
const wordsOf = ({ code, message }: YAMLParseError, found: string, lineBegins: boolean): string => {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `the key ${found} is there twice; expected every key once`;
    case 'TAB_AS_INDENT':
      return 'the line begins with a tab; expected spaces';
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (lineBegins)
        return 'the line is indented further than the key above, which has a value already; expected the same column';
      return 'found a second "key: value" inside a value; expected a line of its own for each key, or quotes around a value with a colon';
    case 'MULTILINE_IMPLICIT_KEY':
      return `found ${found} without a colon; expected "key: value" on one line`;
    case 'BAD_SCALAR_START':
      return `a value begins with ${found}; expected quotes around it`;
    case 'BAD_DQ_ESCAPE':
      return `a backslash in double quotes stands before a letter that means nothing; expected single quotes, or two backslashes`;
    case 'MULTIPLE_DOCS':
      return 'found a second document (---); expected one';
    case 'MISSING_CHAR':
      if (message.startsWith('Sequence item'))
        return `found ${found} where the list goes on; expected "- " before it, or the indentation of the keys above`;
      return message.includes('map value') || message.includes('map keys')
        ? `found ${found} without a colon; expected "key: value"`
        : `found ${found}; expected a comma or a colon before it`;
    case 'BAD_INDENT':
      if (message.startsWith('Flow'))
        return `the line begins with ${found} inside of brackets; expected it to be indented further than the key of the brackets`;
      return 'the line is indented unlike those beside it; expected the same column for all keys of one block';
    case 'BLOCK_IN_FLOW':
      return `found ${found} inside of brackets; expected values with commas between them`;
    case 'UNEXPECTED_TOKEN':
    case 'BAD_COLLECTION_TYPE':
      return `found ${found} after a value that was complete; expected a new line, or quotes around the whole value`;
    case 'MULTIPLE_ANCHORS':
    case 'MULTIPLE_TAGS':
    case 'BAD_PROP_ORDER':
    case 'ALIAS_PROPS':
    case 'BAD_ALIAS':
      return `found ${found} where a value can have one name (&name) or tag at most`;
    default:
      return `found ${found}, which cannot stand here; expected "key: value", or quotes around a value with special signs`;
  }
};

const shownLine = (text: string, line: number, column: number): string => {
  const all = (text.split(/\r?\n/)[line - 1] ?? '').replaceAll('\t', ' ');
  const from = Math.max(0, column - 61);
  const part = all.slice(from, from + 120);
  return `  ${part}\n  ${' '.repeat(Math.min(part.length, column - 1 - from))}^`;
};

/** Where the fault is seen by who wrote it: at words, not at the spaces before them, and at the line that is indented too far rather than at the
 *  value above, which it would go on. */
const placeOf = (text: string, { code, pos: [from] }: YAMLParseError): number => {
  const end = text.indexOf('\n', from);
  const goesOn = code === 'BLOCK_AS_IMPLICIT_KEY' && end >= 0 && !text.slice(from, end).includes(':');
  const start = goesOn ? end + 1 : from;
  return start + /^ */.exec(text.slice(start))![0].length;
};

/** A fault of the YAML itself: place, what was found, what was expected, and the line with the place marked. Brackets and quotes that are not
 *  closed are told where they were opened, not where the file ends. */
export const syntaxFault = (file: string, text: string, error: YAMLParseError, lines: LineCounter): string => {
  const from = placeOf(text, error);
  const open = /end with a [\]}]|closing ["']/.test(error.message) ? openIn(text.slice(0, from)).at(-1) : undefined;
  // Closed further down: then only its lines stand too far left.
  const unclosed = open !== undefined && openIn(text).some(({ at }) => at === open.at) ? open : undefined;
  const at = unclosed?.at ?? from;
  const { line, col } = lines.linePos(at);
  const what =
    unclosed === undefined
      ? wordsOf(error, foundAt(text, at), /(?:^|\n) *$/.test(text.slice(0, at)))
      : `${unclosed.sign} is opened and not closed; expected ${closing[unclosed.sign]!} before ${foundAt(text, from)}${lines.linePos(from).line === line ? '' : ` in line ${lines.linePos(from).line}`}`;
  return `${file}:${line}:${col}: ${what}\n${shownLine(text, line, col)}`;
};

/** A fault that shows when names (&name, *name) are put in. */
export const aliasFault = (file: string, { message }: Error): string => {
  const name = /^Unresolved alias.*: (\S+)$/.exec(message)?.[1];
  return name === undefined
    ? `${file}: names (&name, *name) repeat too much; expected at most a hundred uses`
    : `${file}: found *${name}, and nothing before it is named &${name}; expected quotes around a value that begins with *`;
};

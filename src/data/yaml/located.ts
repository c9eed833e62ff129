import { LineCounter, isMap, isNode, isPair, parseDocument, type Document } from 'yaml';
import { SteelyardError } from '../../contracts/index.ts';
import { aliasFault, syntaxFault } from './syntax.ts';

/** Most uses of anchors while a document becomes plain data: what a few lines can blow up to has an end. */
const mostAliases = 100;

/** A YAML document with the means to say where in it something is wrong. */
export interface Located {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** What a fault of the YAML itself is called. */
  readonly code: string;
}

/** Parse YAML with its positions. Errors: `code` with line and column, what was found and expected, the line itself, and `hint`. */
export const locate = (file: string, text: string, code: string, hint: string): Located => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const first = document.errors[0];
  if (first === undefined) return { file, document, lines, code };
  throw new SteelyardError(code, syntaxFault(file, text, first, lines), hint);
};

/** The document as plain data. Errors: the document's code when its anchors multiply too much. */
export const plainOf = ({ file, document, code }: Located): unknown => {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (cause) {
    throw new SteelyardError(code, aliasFault(file, cause as Error), undefined, { cause });
  }
};

/** Where a value stands, or one of its keys: "file:line:column"; what is not there is looked for further up. */
export const place = ({ file, document, lines }: Located, path: readonly PropertyKey[], key?: string): string => {
  let at: readonly PropertyKey[] = path;
  while (at.length > 0 && !document.hasIn(at)) at = at.slice(0, -1);
  const node = at.length === 0 ? document.contents : document.getIn(at, true);
  let offset = isNode(node) ? node.range?.[0] : undefined;
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && String(item.key) === key);
    if (pair !== undefined && isNode(pair.key)) offset = pair.key.range?.[0];
  }
  if (offset === undefined) return file;
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
};

import { SteelyardError } from '../../../contracts/index.ts';

export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'mark' | 'end';
  /** A name or string without quotes and escapes; a number or mark as written. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** A line ended between this token and the one before. */
  readonly fresh: boolean;
}

const pattern =
  /(?<space>[ \t\r]+|#[^\n]*)|(?<line>\n)|(?<number>[+-]?(?:inf|nan)(?![A-Za-z0-9_])|[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_]))|(?<string>"(?:[^"\\\n]|\\.)*")|(?<name>[A-Za-z_/$][A-Za-z0-9_./$]*(?:::?[A-Za-z0-9_./$]+)*)|(?<mark>->|\.\.\.|[=(){}[\],;:?@])/y;

/** Names that need no quotes. `a:0` is one name: a colon without a space after it is part of it. */
export const isBare = (name: string): boolean =>
  /^[A-Za-z_/$][A-Za-z0-9_./$]*(?:::?[A-Za-z0-9_./$]+)*$/.test(name) && !/^(?:_|inf|nan|as)$/.test(name);

/** A name as the text form writes it. */
export const quote = (name: string): string => (isBare(name) ? name : JSON.stringify(name));

/** A fault of the text, located. */
export const fault = (at: Pick<Token, 'line' | 'column'>, message: string, code = 'text/syntax'): never => {
  throw new SteelyardError(code, `line ${at.line}, column ${at.column}: ${message}`);
};

/** Longest text accepted: the form is for reading, not for weights. */
export const maximumLength = 16 * 1024 * 1024;

/** Cut a text into tokens, with an end token. Errors: `text/syntax` with line and column, `text/too-long`. */
export const tokensOf = (text: string): readonly Token[] => {
  if (text.length > maximumLength)
    throw new SteelyardError(
      'text/too-long',
      `the text has ${text.length} characters, at most ${maximumLength} are read`,
    );
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let fresh = false;
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const column = at - lineStart + 1;
    if (!match?.groups) return fault({ line, column }, `unexpected ${JSON.stringify(text[at])}`);
    const [whole] = match;
    const { number, string, name, mark } = match.groups;
    at += whole.length;
    if (match.groups['line'] !== undefined) {
      line++;
      lineStart = at;
      fresh = true;
      continue;
    }
    if (match.groups['space'] !== undefined) continue;
    const place = { line, column, fresh };
    fresh = false;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, ...place });
    else if (string !== undefined) tokens.push({ kind: 'string', text: unescape(string, place), ...place });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, ...place });
    else tokens.push({ kind: 'mark', text: mark ?? '', ...place });
  }
  tokens.push({ kind: 'end', text: 'the end', line, column: at - lineStart + 1, fresh: true });
  return tokens;
};

const unescape = (string: string, at: Pick<Token, 'line' | 'column'>): string => {
  try {
    return JSON.parse(string) as string;
  } catch {
    return fault(at, `${string} has an unknown escape`);
  }
};

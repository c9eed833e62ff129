import { fault } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A cursor over tokens. */
export interface Reader {
  peek(ahead?: number): Token;
  next(): Token;
  /** Whether the next token is this mark, or the end. */
  at(mark: string): boolean;
  /** Take this mark if it comes next. */
  take(mark: string): boolean;
  /** Take this mark or fail. */
  expect(mark: string): Token;
  /** A bare or quoted name. */
  name(): string;
  integer(): number;
  /** Items up to the closing mark, separated by commas. */
  list<T>(close: string, item: () => T): T[];
}

/** Read tokens one by one; at the end, the end token repeats. Errors: `text/syntax`. */
export const createReader = (tokens: readonly Token[]): Reader => {
  let position = 0;
  const last = tokens.at(-1)!;
  const peek = (ahead = 0): Token => tokens[position + ahead] ?? last;
  const next = (): Token => {
    const token = peek();
    position++;
    return token;
  };
  const at = (mark: string): boolean => {
    const token = peek();
    return mark === 'end' ? token.kind === 'end' : token.kind === 'mark' && token.text === mark;
  };
  const take = (mark: string): boolean => {
    if (!at(mark)) return false;
    position++;
    return true;
  };
  const expect = (mark: string): Token => {
    const token = next();
    if (token.kind !== 'mark' || token.text !== mark) fault(token, `expected "${mark}", found ${token.text}`);
    return token;
  };
  return {
    peek,
    next,
    at,
    take,
    expect,
    name: () => {
      const token = next();
      return token.kind === 'name' || token.kind === 'string'
        ? token.text
        : fault(token, `expected a name, found ${token.text}`);
    },
    integer: () => {
      const token = next();
      const value = token.kind === 'number' ? Number(token.text) : Number.NaN;
      return Number.isSafeInteger(value) ? value : fault(token, `expected a whole number, found ${token.text}`);
    },
    list: (close, item) => {
      const items: ReturnType<typeof item>[] = [];
      if (take(close)) return items;
      do items.push(item());
      while (take(','));
      expect(close);
      return items;
    },
  };
};

import type { DataType, Dim, ValueType } from '../../../contracts/index.ts';
import { dataTypes } from '../../tensor/index.ts';
import { maximumNesting } from './grammar.ts';
import type { Reader } from './reader.ts';
import { fault } from './tokens.ts';

const isDataType = (name: string): name is DataType => (dataTypes as readonly string[]).includes(name);

/** A data type's name. Errors: `text/type`. */
export const parseDataType = (reader: Reader): DataType => {
  const token = reader.peek();
  const name = reader.name();
  return isDataType(name) ? name : fault(token, `${name} is not a data type`, 'text/type');
};

const parseDim = (reader: Reader): Dim => {
  if (reader.take('?')) return null;
  return reader.peek().kind === 'number' ? reader.integer() : reader.name();
};

/** `[2, N, ?]` */
export const parseShape = (reader: Reader): readonly Dim[] => {
  reader.expect('[');
  return reader.list(']', () => parseDim(reader));
};

/** A value's type, or null for `?`. Errors: `text/type`, `text/syntax`. */
export const parseType = (reader: Reader, depth = 0): ValueType | null => {
  if (depth > maximumNesting) fault(reader.peek(), 'types nest too deep');
  if (reader.take('?')) return null;
  const word = reader.peek().text;
  if (reader.peek().kind === 'name' && ['seq', 'optional', 'sparse', 'map'].includes(word)) {
    reader.next();
    reader.expect('(');
    if (word === 'map') {
      const key = parseDataType(reader);
      reader.expect(',');
      const value = parseType(reader, depth + 1);
      reader.expect(')');
      return { kind: 'map', key, value };
    }
    const inner = parseType(reader, depth + 1);
    const close = reader.expect(')');
    if (word === 'seq') return { kind: 'sequence', element: inner };
    if (word === 'optional') return { kind: 'optional', element: inner };
    return inner?.kind === 'tensor'
      ? { ...inner, kind: 'sparse' }
      : fault(close, 'sparse(…) holds a tensor type', 'text/type');
  }
  const dtype = parseDataType(reader);
  return { kind: 'tensor', dtype, dims: reader.at('[') ? parseShape(reader) : null };
};

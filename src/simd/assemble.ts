import { floats, unsigned, type Code } from './code.ts';

/** Value types of WebAssembly. */
export const i32 = 0x7f;
export const v128 = 0x7b;
export type Type = typeof i32 | typeof v128;

/** A function: its parameters come first, then its own variables. */
export interface Routine {
  readonly name: string;
  readonly params: readonly Type[];
  readonly locals: readonly Type[];
  readonly body: Code;
}

/** The numbers by which a body calls its parameters and variables. */
type Numbers<T extends readonly Type[]> = { [K in keyof T]: number };
type Ids<P extends readonly Type[], L extends readonly Type[]> = [...Numbers<P>, ...Numbers<L>];

/** A function whose body is written with the numbers of its parameters and variables. */
export const routine = <const P extends readonly Type[], const L extends readonly Type[]>(
  name: string,
  params: P,
  locals: L,
  body: (ids: Ids<P, L>) => Code,
): Routine => ({ name, params, locals, body: body([...params, ...locals].map((_, at) => at) as unknown as Ids<P, L>) });

const sized = (content: readonly number[]): number[] => [...unsigned(content.length), ...content];
const many = (parts: readonly (readonly number[])[]): number[] => [...unsigned(parts.length), ...parts.flat()];
const section = (id: number, parts: readonly (readonly number[])[]): number[] => [id, ...sized(many(parts))];
const named = (name: string): number[] => sized([...new TextEncoder().encode(name)]);

/** The magic number and version 1. */
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const functionType = 0x60;
const end = 0x0b;
const voidResult: readonly number[] = [0];

/** A WebAssembly module with one memory (exported as "memory"), so many v128 variables, and functions that answer nothing, all exported and
 *  numbered as they come. Source: WebAssembly core specification 2.0, binary format. */
export const assemble = (functions: readonly Routine[], globals: number, pages: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([
    ...header,
    ...section(
      1,
      functions.map(({ params }) => [functionType, ...many(params.map((type) => [type])), ...voidResult]),
    ),
    ...section(
      3,
      functions.map((_, at) => unsigned(at)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(
      6,
      Array.from({ length: globals }, () => [v128, 1, ...floats(0), end]),
    ),
    ...section(7, [
      [...named('memory'), 2, 0],
      ...functions.map(({ name }, at) => [...named(name), 0, ...unsigned(at)]),
    ]),
    ...section(
      10,
      functions.map(({ locals, body }) => sized([...many(locals.map((type) => [1, type])), ...body, end])),
    ),
  ]);

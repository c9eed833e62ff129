import type { Aside, Context, DataType, Feeds, Value } from '../../contracts/index.ts';
import { bytesOf, viewOf } from '../../model/tensor/index.ts';

interface Waiting {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  /** Where the bytes are; text waits in memory. */
  readonly data: number | readonly string[];
}

/** Values on their way from one segment to later ones, batch by batch, on disk. */
export interface Carried {
  /** One batch of what a segment leaves behind. */
  put(segment: number, values: Feeds): Promise<void>;
  /** So many batches of some values, in the order in which they were put. */
  batches(names: readonly string[], count: number): AsyncIterable<Feeds>;
  /** Frees what no segment after this one reads. */
  done(segment: number): Promise<void>;
  close(): Promise<void>;
}

/** `takes`: what each segment reads. Errors: those of `Context.aside`. */
export const carry = (context: Context, takes: readonly (readonly string[])[]): Carried => {
  const rooms = new Map<number, { readonly room: Aside; readonly batches: Map<string, Waiting>[] }>();
  const readLater = (batch: ReadonlyMap<string, Waiting>, after: number): boolean =>
    takes.slice(after + 1).some((names) => names.some((name) => batch.has(name)));
  return {
    put: async (segment, values) => {
      const own = rooms.get(segment) ?? { room: context.aside(), batches: [] };
      rooms.set(segment, own);
      const batch = new Map<string, Waiting>();
      for (const [name, { dtype, dims, data }] of Object.entries(values)) {
        const held =
          dtype === 'string' ? (data as readonly string[]) : await own.room.put(bytesOf(data as Float32Array));
        batch.set(name, { dtype, dims, data: held });
      }
      own.batches.push(batch);
    },
    async *batches(names, count) {
      for (let at = 0; at < count; at++) {
        const feeds: Record<string, Value> = {};
        for (const { room, batches } of rooms.values())
          for (const name of names) {
            const waiting = batches[at]?.get(name);
            if (waiting === undefined) continue;
            const { dtype, dims, data } = waiting;
            const values = typeof data === 'number' ? viewOf(dtype, await room.get(data)) : data;
            feeds[name] = { dtype, dims, data: values };
          }
        yield feeds;
      }
    },
    done: async (segment) => {
      for (const [made, { room, batches }] of rooms) {
        const [first] = batches;
        if (first !== undefined && readLater(first, segment)) continue;
        rooms.delete(made);
        await room.close();
      }
    },
    close: async () => {
      for (const { room } of rooms.values()) await room.close();
      rooms.clear();
    },
  };
};

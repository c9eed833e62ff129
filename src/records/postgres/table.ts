import { randomUUID } from 'node:crypto';
import { SteelyardError, type Digest, type StoreRecord } from '../../contracts/index.ts';
import { seal, unseal, type Sealed } from '../sealed.ts';
import type { Link } from './link.ts';

interface Waiting extends Sealed {
  readonly append: string;
  readonly key: string;
  readonly kind: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

interface Row extends Sealed {
  /** The record’s number: not called seq, which ORDER BY would take for the text. */
  readonly place: string;
}

/** Of one round trip: so many records and, unless one alone is larger, so many characters. */
const batchRecords = 1000;
const batchLength = 4 << 20;

/** The records of one run in the database. */
export interface Table {
  append(record: StoreRecord): Promise<void>;
  find(key: Digest): Promise<StoreRecord | null>;
  records(): AsyncIterable<StoreRecord>;
  /** Waits until what was given to `append` is written or has failed. */
  settled(): Promise<void>;
}

const appendText = `
  with place as (update steelyard.runs set last = last + $2 where id = $1 returning last - $2 as before),
  added as (
    insert into steelyard.records (run, seq, append, key, kind, sha256, body)
    select $1, place.before + item.n, item.append, item.key, item.kind, item.sha256, item.body
    from place, unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])
      with ordinality as item (append, key, kind, sha256, body, n)
    on conflict (run, append) do nothing
    returning 1)
  select (select count(*)::int from place) as runs, (select count(*)::int from added) as added`;

const findText = `
  select seq::text as place, sha256, body from steelyard.records where run = $1 and key = $2 order by seq desc limit 1`;

// A page ends by the length of what it holds, so that large records do not add up. Lengths are known without reading the bodies.
const pageText = `
  select seq::text as place, sha256, body from (
    select seq, sha256, body, sum(octet_length(body)::bigint) over (order by seq) - octet_length(body) as before
    from (select seq, sha256, body from steelyard.records
          where run = $1 and seq > $2 and seq <= $3 order by seq limit ${batchRecords}) as next
  ) as page where before < ${batchLength} order by seq`;

/** Records of run `id` through this connection. Appends of one writer keep their order; those of several writers mix.
 *  A record's number is given while its run's row is locked, so whoever has read up to a number has missed none before it.
 *  In memory: one page, and what waits to be written. */
export const openTable = (link: Link, id: () => number, run: string): Table => {
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | null = null;

  const batch = (): Waiting[] => {
    let length = 0;
    let count = 0;
    while (count < waiting.length && count < batchRecords && (count === 0 || length < batchLength))
      length += waiting[count++]!.body.length;
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  };

  const write = async (items: readonly Waiting[]): Promise<void> => {
    const [row] = await link.ask<{ runs: number }>(
      `writing records of run "${run}"`,
      appendText,
      [
        id(),
        items.length,
        items.map(({ append }) => append),
        items.map(({ key }) => key),
        items.map(({ kind }) => kind),
        items.map(({ sha256 }) => sha256),
        items.map(({ body }) => body),
      ],
      'append',
    );
    if (row?.runs !== 1)
      throw new SteelyardError(
        'store/missing',
        `the run "${run}" was deleted from the database`,
        'start it again under another name',
      );
  };

  /** One round trip for everything that waits. A batch that is repeated after a broken connection is the same batch. */
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const items = batch();
      try {
        await write(items);
        for (const { done } of items) done();
      } catch (error) {
        for (const { failed } of items) failed(error);
      }
    }
    flushing = null;
  };

  const read = (row: Row): StoreRecord => {
    const unsealed = unseal(row);
    if (unsealed.ok) return unsealed.record;
    throw new SteelyardError(
      'store/corrupt',
      `record ${row.place} of run "${run}": ${unsealed.why}`,
      'the table steelyard.records was changed or damaged; restore it from a backup, or start a new run',
    );
  };

  return {
    append(record) {
      return new Promise((done, failed) => {
        const { key, kind } = record;
        waiting.push({ ...seal(record), append: randomUUID(), key, kind, done, failed });
        flushing ??= flush();
      });
    },
    async find(key) {
      const [row] = await link.ask<Row>(`looking in run "${run}"`, findText, [id(), key], 'find');
      return row === undefined ? null : read(row);
    },
    async *records() {
      const doing = `reading run "${run}"`;
      const [last] = await link.ask<{ last: string }>(doing, 'select last::text from steelyard.runs where id = $1', [
        id(),
      ]);
      for (let after = '0'; last !== undefined;) {
        const rows = await link.ask<Row>(doing, pageText, [id(), after, last.last], 'page');
        if (rows.length === 0) return;
        for (const row of rows) yield read(row);
        after = rows.at(-1)!.place;
      }
    },
    async settled() {
      await flushing;
    },
  };
};

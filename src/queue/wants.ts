import type { Pool } from 'pg';
import type { Requirement } from './requirement.ts';

/** For which runs there is work, and who can do it. */
export interface Want {
  readonly run: string;
  readonly task: string;
  /** Of the Steelyard that sent it. */
  readonly version: string;
  readonly requirement: Requirement;
  /** Since its sender was last heard of. */
  readonly seenSecondsAgo: number;
}

export const readWants = async (pool: Pool): Promise<readonly Want[]> => {
  const { rows } = await pool.query<Omit<Want, 'seenSecondsAgo'> & { seen: string }>(
    `select run, task, version, requirement, extract(epoch from now() - seen_at)::text as seen
     from steelyard_queue.wants order by run, task`,
  );
  return rows.map(({ seen, ...row }) => ({ ...row, seenSecondsAgo: Number(seen) }));
};

/** Say (again) that a run has work of this kind. True: nobody knew. */
export const want = async (
  pool: Pool,
  { run, task, version, requirement }: Omit<Want, 'seenSecondsAgo'>,
): Promise<boolean> => {
  const { rows } = await pool.query<{ fresh: boolean }>(
    `insert into steelyard_queue.wants (run, task, version, requirement) values ($1, $2, $3, $4)
     on conflict (run, task) do update set seen_at = now() returning (xmax = 0) as fresh`,
    [run, task, version, JSON.stringify(requirement)],
  );
  return rows[0]!.fresh;
};

export const unwant = async (pool: Pool, run: string): Promise<void> => {
  await pool.query('delete from steelyard_queue.wants where run = $1', [run]);
};

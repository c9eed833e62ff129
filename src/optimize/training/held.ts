import { trainedName, trainedRoles } from '../../contracts/index.ts';
import type { Trained, TrainedRole, TrainingSession, Value } from '../../contracts/index.ts';
import { elementCount } from '../../model/tensor/index.ts';

/** Most bytes to exchange with the session's process at once. */
const groupBytes = 256 * 1024 * 1024;

/** A value that stays in the session's process between steps, and its bytes. */
interface Held {
  readonly of: Trained;
  readonly role: TrainedRole;
  readonly name: string;
  readonly bytes: number;
}

const heldBy = (weights: readonly Trained[], roles: ReadonlySet<TrainedRole>): Held[] =>
  weights.flatMap((of) =>
    trainedRoles
      .filter((role) => roles.has(role))
      .map((role) => ({ of, role, name: trainedName(of.weight, role), bytes: 4 * elementCount(of.dims) })),
  );

/** Neighbors that fit into one message. */
const messagesOf = (held: readonly Held[]): Held[][] => {
  const groups: Held[][] = [];
  let room = 0;
  for (const one of held) {
    if (one.bytes > room) {
      groups.push([]);
      room = groupBytes;
    }
    groups.at(-1)!.push(one);
    room -= one.bytes;
  }
  return groups;
};

/** What the session's process holds, by `trainedName`. */
export const readHeld = async (
  session: TrainingSession,
  weights: readonly Trained[],
  roles: ReadonlySet<TrainedRole>,
): Promise<Map<string, Float32Array>> => {
  const values = new Map<string, Float32Array>();
  for (const group of messagesOf(heldBy(weights, roles))) {
    const read = await session.readWeights(group.map(({ name }) => name));
    for (const { name } of group) values.set(name, read[name]!.data as Float32Array);
  }
  return values;
};

/** Give the session's process what a checkpoint holds (`state`, by `trainedName`), or the weights as they are before the first step (`start`, by
 *  weight). */
export const placeHeld = async (
  session: TrainingSession,
  weights: readonly Trained[],
  start: ReadonlyMap<string, Float32Array>,
  state: ReadonlyMap<string, Float32Array>,
): Promise<void> => {
  const held = heldBy(weights, new Set(trainedRoles)).filter(({ role, name }) => role === 'weight' || state.has(name));
  for (const group of messagesOf(held)) {
    const values = group.map(({ of, name }): [string, Value] => {
      const data = state.get(name) ?? start.get(of.weight)!;
      return [name, { dtype: 'float32', dims: of.dims, data }];
    });
    await session.writeWeights(Object.fromEntries(values));
  }
};

import type { Random } from '../../../contracts/index.ts';

export interface Slot {
  /** As written, without braces: "city2". */
  readonly slot: string;
  /** The list it takes from: "city". */
  readonly list: string;
}

const pattern = /\{\{|\}\}|\{([a-z][a-z_-]*)([0-9]*)\}/g;

/** The slots of a template in their order, each once. */
export const slotsOf = (template: string): readonly Slot[] => {
  const slots = new Map<string, Slot>();
  for (const [, list, digits] of template.matchAll(pattern))
    if (list !== undefined) slots.set(list + digits!, { slot: list + digits!, list });
  return [...slots.values()];
};

/** Slot → value. */
export type Filling = Readonly<Record<string, string>>;

/** The text with its slots filled; "{{" and "}}" are braces. */
export const fill = (template: string, filling: Filling): string =>
  template.replace(pattern, (found, list: string | undefined, digits: string | undefined) =>
    list === undefined ? found[0]! : filling[list + digits!]!,
  );

/** Two slots of one list hold two values. */
const isProper = (slots: readonly Slot[], filling: Filling): boolean =>
  slots.every(({ slot, list }, at) =>
    slots.slice(0, at).every((other) => other.list !== list || filling[other.slot] !== filling[slot]),
  );

/** All combinations of values where there are at most `most`; otherwise `most` different ones by chance. Lists must exist. */
export const fillings = (
  slots: readonly Slot[],
  lists: Readonly<Record<string, readonly string[]>>,
  most: number,
  random: Random,
): readonly Filling[] => {
  const sizes = slots.map(({ list }) => lists[list]!.length);
  const all = sizes.reduce((product, size) => product * size, 1);
  const fillingAt = (indices: readonly number[]): Filling =>
    Object.fromEntries(slots.map(({ slot, list }, at) => [slot, lists[list]![indices[at]!]!]));
  // Far more draws than needed before it is given up that so many different ones exist.
  if (all > 4 * most) {
    const found = new Map<string, Filling>();
    for (let draw = 0; draw < 20 * most && found.size < most; draw++) {
      const indices = sizes.map((size) => random.integer(size));
      const filling = fillingAt(indices);
      if (isProper(slots, filling)) found.set(indices.join(), filling);
    }
    return [...found.values()];
  }
  const every = Array.from({ length: all }, (_, at) => {
    let rest = at;
    return fillingAt(
      sizes.map((size) => {
        const index = rest % size;
        rest = Math.floor(rest / size);
        return index;
      }),
    );
  }).filter((filling) => isProper(slots, filling));
  return every.length <= most ? every : random.shuffle(every).slice(0, most);
};

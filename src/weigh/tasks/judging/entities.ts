import { SteelyardError, type TaskSettings } from '../../../contracts/index.ts';

export type Scheme = NonNullable<TaskSettings['scheme']>;

/** Words `start` to before `end` are one thing of this type. */
export interface Entity {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Tag {
  readonly prefix: string;
  readonly type: string;
}

/** "B-PER" → B and PER; a prefix alone has the type "_". */
const tagOf = (raw: string): Tag => ({
  prefix: raw.slice(0, 1),
  type: raw.slice(1).replace(/^-+|-+$/g, '') || '_',
});
const outside: Tag = { prefix: 'O', type: '_' };

/** As conlleval reads tags: whatever can be an entity is one, also where its first tag is missing. */
const lenient = (tags: readonly Tag[]): Entity[] => {
  const found: Entity[] = [];
  let before = outside;
  let start = 0;
  for (const [at, tag] of [...tags, outside].entries()) {
    const differs = before.type !== tag.type;
    const closed = 'ELSU'.includes(before.prefix);
    const ends =
      before.prefix !== 'O' &&
      (closed || tag.prefix === 'B' || tag.prefix === 'S' || tag.prefix === 'U' || tag.prefix === 'O' || differs);
    if (ends) found.push({ type: before.type, start, end: at });
    const begins =
      tag.prefix !== 'O' &&
      (tag.prefix === 'B' || tag.prefix === 'S' || tag.prefix === 'U' || before.prefix === 'O' || closed || differs);
    if (begins) start = at;
    before = tag;
  }
  return found;
};

type Kind = 'same' | 'other' | 'any';
/** The tag before, this tag, and how their types relate. */
type Step = readonly [before: string, now: string, types: Kind];

interface Rules {
  readonly prefixes: string;
  readonly start: readonly Step[];
  readonly inside: readonly Step[];
  readonly end: readonly Step[];
}

const any = 'IOBESUL';
const rules: Readonly<Record<Exclude<Scheme, 'lenient'>, Rules>> = {
  IOB1: {
    prefixes: 'IOB',
    start: [
      ['O', 'I', 'any'],
      ['I', 'I', 'other'],
      ['B', 'I', 'any'],
      ['I', 'B', 'same'],
      ['B', 'B', 'same'],
    ],
    inside: [
      ['B', 'I', 'same'],
      ['I', 'I', 'same'],
    ],
    end: [
      ['I', 'I', 'other'],
      ['I', 'O', 'any'],
      ['I', 'B', 'any'],
      ['B', 'O', 'any'],
      ['B', 'I', 'other'],
      ['B', 'B', 'same'],
    ],
  },
  IOB2: {
    prefixes: 'IOB',
    start: [[any, 'B', 'any']],
    inside: [
      ['B', 'I', 'same'],
      ['I', 'I', 'same'],
    ],
    end: [
      ['I', 'O', 'any'],
      ['I', 'I', 'other'],
      ['I', 'B', 'any'],
      ['B', 'O', 'any'],
      ['B', 'I', 'other'],
      ['B', 'B', 'any'],
    ],
  },
  IOE1: {
    prefixes: 'IOE',
    start: [
      ['O', 'I', 'any'],
      ['I', 'I', 'other'],
      ['E', 'I', 'any'],
      ['E', 'E', 'same'],
    ],
    inside: [
      ['I', 'I', 'same'],
      ['I', 'E', 'same'],
    ],
    end: [
      ['I', 'I', 'other'],
      ['I', 'O', 'any'],
      ['I', 'E', 'other'],
      ['E', 'I', 'same'],
      ['E', 'E', 'same'],
    ],
  },
  IOE2: {
    prefixes: 'IOE',
    start: [
      ['O', 'I', 'any'],
      ['O', 'E', 'any'],
      ['E', 'I', 'any'],
      ['E', 'E', 'any'],
      ['I', 'I', 'other'],
      ['I', 'E', 'other'],
    ],
    inside: [
      ['I', 'E', 'same'],
      ['I', 'I', 'same'],
    ],
    end: [['E', any, 'any']],
  },
  IOBES: {
    prefixes: 'IOBES',
    start: [
      [any, 'B', 'any'],
      [any, 'S', 'any'],
    ],
    inside: [
      ['B', 'I', 'same'],
      ['B', 'E', 'same'],
      ['I', 'I', 'same'],
      ['I', 'E', 'same'],
    ],
    end: [
      ['S', any, 'any'],
      ['E', any, 'any'],
    ],
  },
  BILOU: {
    prefixes: 'BILOU',
    start: [
      [any, 'B', 'any'],
      [any, 'U', 'any'],
    ],
    inside: [
      ['B', 'I', 'same'],
      ['B', 'L', 'same'],
      ['I', 'I', 'same'],
      ['I', 'L', 'same'],
    ],
    end: [
      ['U', any, 'any'],
      ['L', any, 'any'],
    ],
  },
};

const matches = (steps: readonly Step[], before: Tag, now: Tag): boolean =>
  steps.some(
    ([a, b, types]) =>
      a.includes(before.prefix) &&
      b.includes(now.prefix) &&
      (types === 'any' || (types === 'same') === (before.type === now.type)),
  );

/** Only entities that a scheme writes in full. */
const strict = (tags: readonly Tag[], { start, inside, end }: Rules): Entity[] => {
  const found: Entity[] = [];
  const all = [...tags, outside];
  let before = outside;
  for (let at = 0; at < all.length;) {
    const first = all[at]!;
    let to = at + 1;
    if (matches(start, before, first)) {
      while (to < all.length - 1 && matches(inside, all[to - 1]!, all[to]!)) to += 1;
      if (to < all.length && matches(end, all[to - 1]!, all[to]!)) found.push({ type: first.type, start: at, end: to });
    }
    before = all[to - 1]!;
    at = to;
  }
  return found;
};

/** The entities that a sentence's tags say. Lenient: any run of one type is an entity, as conlleval and seqeval's default mode read tags;
 *  a scheme's name: only what that scheme writes in full, as seqeval's strict mode. Errors: `task/tags` for a prefix that the scheme does not have.
 *  Source: Tjong Kim Sang & De Meulder 2003 (conlleval); Ramshaw & Marcus 1995; Ratinov & Roth 2009. */
export const entitiesOf = (tags: readonly string[], scheme: Scheme): readonly Entity[] => {
  const read = tags.map(tagOf);
  const allowed = scheme === 'lenient' ? any : rules[scheme].prefixes;
  const odd = read.findIndex(({ prefix }) => prefix === '' || !allowed.includes(prefix));
  if (odd >= 0)
    throw new SteelyardError(
      'task/tags',
      `the tag "${tags[odd]}" does not start with one of ${[...allowed].join(', ')}`,
      scheme === 'lenient'
        ? 'tags are "O", or a prefix and a type: "B-PER"'
        : `set task.scheme to the scheme of the data, not ${scheme}`,
    );
  return scheme === 'lenient' ? lenient(read) : strict(read, rules[scheme]);
};

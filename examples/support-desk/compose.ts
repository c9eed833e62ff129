import { frames, intents, phrases, troubled, type Intent } from './corpus/index.ts';
import { details, slots, turns } from './corpus/slots.ts';
import { jargonWords, slangWords } from './corpus/uncommon.ts';
import { dice as seeded, type Dice } from './random.ts';
import {
  asideShare,
  detailShare,
  framed,
  labelNoise,
  reservedParts,
  unseenAsides,
  unseenParts,
  seed,
  supportShare,
  sizes,
  styles,
  unseenTemplates,
  unseenValues,
} from './settings.ts';
import type { Split, Style } from './settings.ts';
import { speak, wrap } from './style.ts';

/** One line of the data set. */
export interface Message {
  readonly id: string;
  readonly text: string;
  readonly intent: string;
  readonly style: Style;
}

/** A message and the intent it was composed for; label noise makes `intent` differ from it. */
export interface Made extends Message {
  readonly madeFor: string;
}

/** Two texts with the same form are the same text: case, accents of punctuation and spaces do not count. */
export const normalized = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

const digits = (count: number, dice: Dice): string =>
  Array.from({ length: count }, () => dice.pick([...'0123456789'])).join('');

const made: Readonly<Record<string, (dice: Dice) => string>> = {
  order: (dice) =>
    dice.pick([digits(5, dice), `#${digits(5, dice)}`, `BL-${digits(4, dice)}`, `no. ${digits(5, dice)}`]),
  email: (dice) =>
    `${dice.pick(['anna', 'j.murphy', 'rob', 'mrossi', 'claire', 'pnovak', 'sam', 'laura', 'dave', 'info'])}${dice.chance(0.5) ? digits(2, dice) : ''}@${dice.pick(['mail', 'post', 'home'])}.example`,
};

/** Choose among `[a|b|]` and fill every `{slot}`; a slot that stands twice gets the same value twice.
 *  Errors: an unknown slot is a mistake in the corpus and throws. */
export const fill = (template: string, rare: boolean, dice: Dice): string => {
  const values = new Map<string, string>();
  const valueOf = (name: string): string => {
    if (made[name]) return made[name](dice);
    const slot = slots[name];
    if (!slot) throw new Error(`the template "${template}" has the unknown slot {${name}}`);
    return dice.pick(rare && dice.chance(unseenValues) ? slot.rare : slot.values);
  };
  return template
    .replace(/\[([^\]]*)\]/g, (_, choices: string) => dice.pick(choices.split('|')))
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values.get(name) ?? valueOf(name);
      values.set(name, value);
      return value;
    })
    .replace(/\bsince (on|at) /g, 'since ')
    .replace(
      /\b(how to|there a way to|hoping to|help me to|trying to|to write to you to) (know|learn|hear)\b/gi,
      '$1 find out',
    )
    .replace(/ {2,}/g, ' ')
    .replace(/ ([?.!,])/g, '$1')
    .trim();
};

const weighted = <T>(options: readonly (readonly [T, number])[], dice: Dice): T => {
  let left = dice.next() * options.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of options) if ((left -= weight) < 0) return value;
  return options.at(-1)![0];
};

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A part that the split may use: the tail of the list is for test alone. */
const part = (list: readonly string[], fresh: boolean, dice: Dice): string => {
  const known = list.length - Math.round(list.length * reservedParts);
  return dice.pick(fresh && dice.chance(unseenParts) ? list.slice(known) : list.slice(0, known));
};

/** A wish is no fact that one asks the reason of. */
const wish =
  /^(I|we) (also |only |no longer )?(need|want|wish|would|may|will|intend|like|have decided|own|give notice)/i;

const framedText = (intent: Intent, list: readonly string[], fresh: boolean, dice: Dice): string => {
  const parts = phrases[intent.id]!;
  const fact = part(parts.facts, fresh, dice);
  const plain = parts.glad === true || wish.test(fact);
  const text = dice.pick(plain ? list.filter((frame) => !troubled.test(frame)) : list);
  return capitalized(text.replace('{fact}', () => fact).replace('{want}', () => part(parts.wants, fresh, dice)));
};

/** Every word that has a rare one gives way to it, also in its plural. */
const rarely = (text: string, words: Readonly<Record<string, string>>): string =>
  Object.entries(words).reduce(
    (now, [word, rare]) => now.replace(new RegExp(`(?<![{\\w])${word}(s?)(?![}\\w])`, 'gi'), `${rare}$1`),
    text,
  );

const coreFor = (intent: Intent, split: Split, style: Style, dice: Dice): string => {
  const framing = dice.chance(framed[split]);
  if (split === 'uncommon') {
    const street = style === 'casual' || (style === 'learner' && dice.chance(0.5));
    if (framing)
      return capitalized(rarely(framedText(intent, frames.test, true, dice), street ? slangWords : jargonWords));
    return dice.pick(street ? intent.slang : intent.jargon);
  }
  const source = split === 'validation' && !dice.chance(unseenTemplates) ? 'train' : split;
  return framing ? framedText(intent, frames[source], split === 'test', dice) : dice.pick(intent[source]);
};

/** A sentence that can follow "but" or a colon: only words that are not names or "I" lose their capital. */
const continued = (text: string): string =>
  /^(I\b|I'|[A-Z]{2}|Mr|Mrs|Daniel|Maria|Kevin|Nina|Priya|Wi-Fi)/.test(text)
    ? text
    : text.charAt(0).toLowerCase() + text.slice(1);

const withAside = (core: string, intent: Intent, fresh: boolean, dice: Dice): string => {
  const about = dice.pick(intents.filter((one) => one.id !== intent.id));
  const aside = fill(dice.pick(fresh && dice.chance(unseenAsides) ? about.aside.test : about.aside.train), fresh, dice);
  const turn = dice.pick(fresh ? turns.test : turns.train);
  return turn
    .replace('{core}', () => (/(but|:) \{core\}/.test(turn) ? continued(core) : core))
    .replace('{aside}', () => (turn.includes('way, {aside}') ? continued(aside) : aside));
};

const compose = (intent: Intent, split: Split, style: Style, dice: Dice): string => {
  const fresh = split === 'test' || split === 'uncommon';
  let core = coreFor(intent, split, style, dice);
  if (split !== 'uncommon' && dice.chance(supportShare)) {
    const fact = capitalized(part(phrases[intent.id]!.facts, fresh, dice));
    if (!core.toLowerCase().includes(fact.toLowerCase()))
      core = dice.chance(0.5) ? `${core} ${fact}.` : `${fact}. ${core}`;
  }
  let text = fill(core, fresh, dice);
  if (dice.chance(asideShare)) text = withAside(text, intent, fresh, dice);
  if (dice.chance(detailShare)) {
    const detail = fill(dice.pick(fresh ? [...details.test, ...details.train] : details.train), fresh, dice);
    text = dice.chance(0.7) ? `${text} ${detail}` : `${detail} ${text}`;
  }
  return fill(wrap(speak(text, style, dice), style, dice), fresh, dice);
};

/** The whole data set. The same settings give the same messages. Errors: throws when the corpus is too small for the sizes. */
export const generate = (): Readonly<Record<Split, readonly Made[]>> => {
  const seen = new Set<string>();
  const split = (name: Split): Made[] => {
    const dice = seeded(seed, name);
    const total = intents.reduce((sum, intent) => sum + intent.weight, 0);
    // Quotas by weight: the largest remainders get the messages that rounding leaves over.
    const exact = intents.map((intent) => (sizes[name] * intent.weight) / total);
    const counts = exact.map(Math.floor);
    const order = exact
      .map((value, at) => [value - Math.floor(value), at] as const)
      .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const over = sizes[name] - counts.reduce((sum, count) => sum + count, 0);
    for (const [, at] of order.slice(0, over)) counts[at]! += 1;
    const messages = intents.flatMap((intent, at) =>
      Array.from({ length: counts[at]! }, () => {
        const style = weighted(Object.entries(styles) as [Style, number][], dice);
        for (let attempt = 0; attempt < 1000; attempt++) {
          const text = compose(intent, name, style, dice);
          const key = normalized(text);
          if (seen.has(key)) continue;
          seen.add(key);
          const neighbor = intents[at % 2 === 0 ? at + 1 : at - 1]!;
          const wrong = name === 'train' && dice.chance(labelNoise);
          const label = wrong
            ? dice.chance(0.6)
              ? neighbor.id
              : dice.pick(intents.filter((one) => one !== intent)).id
            : intent.id;
          return { text, intent: label, style, madeFor: intent.id };
        }
        throw new Error(`the corpus is too small: no new ${name} message for ${intent.id}`);
      }),
    );
    return dice
      .shuffle(messages)
      .map((message, at) => ({ id: `${name}-${String(at + 1).padStart(4, '0')}`, ...message }));
  };
  // The splits that measure come first: when two texts meet, training gives way.
  const test = split('test');
  const validation = split('validation');
  const uncommon = split('uncommon');
  return { train: split('train'), validation, test, uncommon };
};

/** The split as JSONL, one object a line: id, text, intent, style. */
export const jsonl = (messages: readonly Message[]): string =>
  messages.map(({ id, text, intent, style }) => `${JSON.stringify({ id, text, intent, style })}\n`).join('');

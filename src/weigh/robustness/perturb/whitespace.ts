import { definePerturbation, strengthOf } from './types.ts';

const instead = ['', '  ', '\t', '\n', '\u00a0'];

/** Spaces that went wrong in copying: missing, doubled, a tab, a line break, a no-break space; and blanks at both ends. */
export const whitespace = definePerturbation({
  id: 'whitespace',
  title: 'Spaces that went wrong',
  source: 'copied text; CheckList and TextFlint treat white space alike',
  options: strengthOf(0.1, 'a space is lost, doubled, or becomes a tab, a line break or a no-break space'),
  meaning: 'kept',
  apply(text, { strength }, random) {
    if (text === '') return text;
    const inside = text.replace(/(?<=\S)\s+(?=\S)/gu, (space) =>
      random.next() < strength ? instead[random.integer(instead.length)]! : space,
    );
    const [before, after] = [random.next() < strength ? ' ' : '', random.next() < strength ? '\n' : ''];
    return before + inside + after;
  },
});

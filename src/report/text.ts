/** Characters that act instead of being seen: controls, direction overrides, byte order marks, tags, halves of
 *  surrogate pairs. Joiners and direction marks stay: scripts and emoji need them. */
const acting = /[\p{Cc}\p{Cs}\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Make a foreign text safe to show: one line, nothing that moves a cursor, hides or reverses text.
 *  Line breaks and tabs become a space, everything else that acts becomes “�”. */
export const visible = (text: string): string =>
  text.replace(/\r\n|[\n\r\t\u2028\u2029]/g, ' ').replace(acting, '\ufffd');

/** At most `length` characters, cut at a whole character, with “…” when something is missing. */
export const clip = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const characters = Array.from(text.slice(0, (length + 1) * 2));
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
};

/** "a", "a and b", "a, b and c". */
export const listed = (items: readonly string[]): string =>
  items.length <= 1 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

const thousands = new Intl.NumberFormat('en-US');

/** "12,345" */
export const grouped = (count: number): string => thousands.format(count);

/** "1 row", "2 rows". */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;

/** First letter large; ids, names with a slash and numbers stay. */
export const capital = (text: string): string =>
  /^p\d|^\S*[/_(=]/.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1);

/** First letter small, unless the word is an abbreviation. */
export const small = (text: string): string =>
  /^[A-Z][A-Z0-9]/.test(text) ? text : text.slice(0, 1).toLowerCase() + text.slice(1);

import { visible } from '../text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text for an HTML element or a quoted attribute: no markup, no acting characters, one line. */
export const escapeHtml = (text: string): string =>
  visible(text)
    .replace(/[&<>"'`]/g, (one) => entities[one]!)
    .replace(/(\d) (?=(?:%|ms|s|kB|MB|GB|points?|CPU)(?![\p{L}\d]))/gu, '$1\u00a0')
    .replace(/\bp (=|&lt;) (?=\d)/g, 'p\u00a0$1\u00a0');

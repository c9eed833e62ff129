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
export const escapeHtml = (text: string): string => visible(text).replace(/[&<>"'`]/g, (one) => entities[one]!);

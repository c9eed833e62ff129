import { definePerturbation } from './types.ts';

const alone: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  Ø: 'O',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
};

/** Latin and Greek letters lose their accents; marks of other scripts carry meaning and stay. */
export const noDiacritics = definePerturbation({
  id: 'no-diacritics',
  title: 'Accents left out',
  source: 'Unicode NFD, marks removed; keyboards without accents',
  options: {},
  meaning: 'kept',
  apply: (text) =>
    text.replace(
      /[\p{Script=Latin}\p{Script=Greek}]\p{Mn}*/gu,
      (unit) => alone[unit] ?? unit.normalize('NFD').replace(/\p{Mn}+/gu, ''),
    ),
});

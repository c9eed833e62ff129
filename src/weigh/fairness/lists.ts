import { listKind, type Slots, type SwapKind } from './swaps.ts';

/** First names that are common in a region, women's and men's. A small sample of well-known names without everyday meanings in English
 *  (no Grace, no Mark, no Will); bring your own list where it matters who is meant. */
const names: Readonly<Record<string, { readonly women: readonly string[]; readonly men: readonly string[] }>> = {
  english: {
    women: ['Emily', 'Sarah', 'Jessica', 'Ashley', 'Megan', 'Rachel', 'Laura', 'Lauren', 'Hannah', 'Abigail'],
    men: ['Michael', 'Matthew', 'Andrew', 'Joshua', 'Brian', 'Kevin', 'Gregory', 'Timothy', 'Ryan', 'Nathan'],
  },
  spanish: {
    women: ['Carmen', 'Lucia', 'Ximena', 'Guadalupe', 'Rosario', 'Pilar', 'Consuelo', 'Marisol', 'Paloma', 'Ines'],
    men: ['Carlos', 'Jose', 'Luis', 'Miguel', 'Javier', 'Diego', 'Alejandro', 'Pedro', 'Fernando', 'Rafael'],
  },
  arabic: {
    women: ['Fatima', 'Aisha', 'Layla', 'Khadija', 'Zainab', 'Amina', 'Yasmin', 'Salma', 'Huda', 'Samira'],
    men: ['Mohammed', 'Ahmed', 'Omar', 'Hassan', 'Ibrahim', 'Khalid', 'Yusuf', 'Mustafa', 'Tariq', 'Abdullah'],
  },
  indian: {
    women: ['Priya', 'Ananya', 'Lakshmi', 'Deepika', 'Kavita', 'Sunita', 'Pooja', 'Anjali', 'Radhika', 'Shreya'],
    men: ['Rahul', 'Arjun', 'Rajesh', 'Sanjay', 'Vikram', 'Amit', 'Suresh', 'Anil', 'Rohan', 'Deepak'],
  },
  chinese: {
    women: ['Meiling', 'Xiuying', 'Lihua', 'Xiaoyan', 'Yanli', 'Huifang', 'Xinyi', 'Yuling', 'Qiaolian', 'Zhenzhen'],
    men: ['Jianguo', 'Zhiqiang', 'Haoran', 'Guowei', 'Mingyu', 'Jianhua', 'Xiaolong', 'Weidong', 'Yifan', 'Tianyu'],
  },
  'west african': {
    women: ['Adaeze', 'Ngozi', 'Chioma', 'Folake', 'Yetunde', 'Abena', 'Akosua', 'Efua', 'Aminata', 'Fatou'],
    men: ['Emeka', 'Oluwaseun', 'Tunde', 'Kwame', 'Kofi', 'Kwabena', 'Chinedu', 'Mamadou', 'Ousmane', 'Babatunde'],
  },
  slavic: {
    women: ['Olga', 'Svetlana', 'Natalia', 'Tatiana', 'Ludmila', 'Oksana', 'Irina', 'Yelena', 'Agnieszka', 'Katarzyna'],
    men: ['Vladimir', 'Dmitri', 'Sergei', 'Boris', 'Igor', 'Pavel', 'Miroslav', 'Bogdan', 'Zbigniew', 'Andrei'],
  },
};

const regions = Object.keys(names);

/** People in a family and beyond, by gender: the same place in each list is the same relation; an empty place has no such word. */
const roles: Readonly<Record<string, Slots>> = {
  female: [
    ['mother'],
    ['mom', 'mum'],
    ['mothers'],
    ['wife'],
    ['daughter'],
    ['daughters'],
    ['sister'],
    ['sisters'],
    ['grandmother', 'grandma'],
    ['aunt'],
    ['niece'],
    ['girlfriend'],
    ['woman', 'lady'],
    ['women', 'ladies'],
    ['girl'],
    ['girls'],
  ],
  male: [
    ['father'],
    ['dad'],
    ['fathers'],
    ['husband'],
    ['son'],
    ['sons'],
    ['brother'],
    ['brothers'],
    ['grandfather', 'grandpa'],
    ['uncle'],
    ['nephew'],
    ['boyfriend'],
    ['man', 'gentleman'],
    ['men', 'gentlemen'],
    ['boy'],
    ['boys'],
  ],
  neutral: [
    ['parent'],
    [],
    ['parents'],
    ['spouse'],
    ['child'],
    ['children'],
    ['sibling'],
    ['siblings'],
    ['grandparent'],
    [],
    [],
    ['partner'],
    ['person'],
    ['people'],
    ['kid'],
    ['kids'],
  ],
};

/** Adjective and country; none that is an everyday word of English as well (no Turkey, no Polish). */
const countries: readonly (readonly [adjective: string, country: string])[] = [
  ['American', 'America'],
  ['Brazilian', 'Brazil'],
  ['Canadian', 'Canada'],
  ['Chinese', 'China'],
  ['Egyptian', 'Egypt'],
  ['French', 'France'],
  ['German', 'Germany'],
  ['Indian', 'India'],
  ['Iranian', 'Iran'],
  ['Italian', 'Italy'],
  ['Japanese', 'Japan'],
  ['Kenyan', 'Kenya'],
  ['Mexican', 'Mexico'],
  ['Moroccan', 'Morocco'],
  ['Nigerian', 'Nigeria'],
  ['Pakistani', 'Pakistan'],
  ['Russian', 'Russia'],
  ['Spanish', 'Spain'],
  ['Vietnamese', 'Vietnam'],
];

/** Places that are called like people, and things that are called like countries. */
const places = /(?<![\p{L}])(?:san|santa|saint|st\.?|port|fort|mount|lake|prince|king|university of)\s+\p{L}+/giu;
const things =
  /(?<![\p{L}])(?:bank of \p{L}+|american (?:express|airlines|eagle|apparel)|(?:north|south|latin|central) america|french (?:fries|fry|toast|press|horn|open|vanilla|onion|bread)|german (?:shepherd|chocolate)s?|spanish (?:fork|moss)|russian roulette|indian ocean|indian summer|china (?:cabinet|set|plate)s?|(?:new|west|east) (?:mexico|indian\p{L}*|german\p{L}*)|gulf of mexico)/giu;

/** Word lists that come with Steelyard. They are English, small, and a beginning: what they do not hold is not tested. */
export const builtInLists: readonly SwapKind[] = [
  listKind(
    'names',
    Object.fromEntries(regions.map((region) => [region, [names[region]!.women, names[region]!.men]])),
    places,
  ),
  listKind(
    'name-gender',
    {
      women: regions.map((region) => names[region]!.women),
      men: regions.map((region) => names[region]!.men),
    },
    places,
  ),
  listKind('roles', roles),
  listKind(
    'nationalities',
    Object.fromEntries(countries.map(([adjective, country]) => [adjective.toLowerCase(), [[adjective], [country]]])),
    things,
  ),
];

import { definePerturbation, strengthOf } from './types.ts';
import { mapWords, matchCase, tableOf } from './words.ts';

/** Common words and equally common ones that mean the same in most sentences, inflected alike. */
export const synonyms = tableOf(`
  afraid: scared
  allow: let
  amount: sum
  angry: mad, upset
  answer: reply
  approximately: roughly
  arrive: come
  assist: help
  assistance: help, support
  auto: car
  awful: terrible, horrible
  bad: poor
  begin: start
  big: large
  bill: invoice
  broken: damaged
  buy: purchase, get
  car: vehicle
  cash: money
  change: alter, modify
  cheap: inexpensive
  child: kid
  choose: pick, select
  close: shut
  company: firm
  correct: right
  costly: expensive
  couple: pair
  damaged: broken
  delete: remove, erase
  difficult: hard
  doctor: physician
  fast: quick
  fault: defect
  film: movie
  find: locate
  fix: repair
  fly: travel
  forgot: misplaced
  gift: present
  give: provide
  good: fine, great
  happy: glad, pleased
  help: assist
  hi: hello
  house: home
  illness: sickness
  incorrect: wrong
  job: position
  large: big
  later: afterwards
  like: love
  little: small
  location: place, spot
  mail: post
  make: create
  maybe: perhaps
  meal: dish
  method: way
  mistake: error
  mobile: phone
  movie: film
  near: close
  need: require
  new: fresh
  nice: pleasant
  now: currently
  obtain: get
  often: frequently
  old: used
  order: purchase
  package: parcel
  parcel: package
  phone: telephone
  picture: photo
  place: location
  present: gift
  price: cost
  problem: issue, trouble
  product: item
  quick: fast
  quickly: fast
  raise: increase
  reach: contact
  receive: get
  remove: delete
  repair: fix
  reply: answer
  require: need
  schedule: plan
  see: view
  seller: vendor
  send: ship, mail
  shop: store
  show: display
  sick: ill
  small: little
  speak: talk
  start: begin
  stop: end
  store: shop
  street: road
  tell: inform
  thanks: cheers
  total: full
  travel: trip
  trip: journey
  try: attempt
  use: employ
  wait: hold
  want: wish
  warranty: guarantee
  wrong: incorrect
`);

/** Common words and rare ones that mean the same. */
export const rareSynonyms = tableOf(`
  about: concerning, anent
  account: ledger
  address: domicile, abode
  allow: countenance
  angry: irate, incensed
  answer: rejoinder
  arrive: alight
  ask: beseech, enquire
  bad: deplorable, execrable
  begin: commence, inaugurate
  big: sizable, voluminous
  bill: reckoning
  book: tome
  broken: fractured, ruptured
  buy: procure
  cancel: rescind, annul
  car: conveyance, automobile
  card: pasteboard
  change: amend, emend
  cheap: parsimonious
  child: bairn
  city: metropolis
  clean: immaculate
  company: enterprise
  complain: remonstrate
  complaint: grievance
  cost: outlay
  day: diurnal
  delete: expunge, efface
  delivery: consignment
  different: disparate
  difficult: arduous
  doctor: medic
  early: premature
  easy: effortless
  eat: ingest
  end: terminate, conclude
  fast: expeditious
  find: ascertain, descry
  fix: mend, rectify
  food: victuals
  friend: confidant
  get: obtain, garner
  give: bestow
  good: commendable
  happy: elated
  help: succor, abet
  hot: torrid
  house: dwelling
  idea: notion
  job: vocation
  late: tardy, belated
  leave: depart
  letter: missive
  like: relish
  little: diminutive
  look: behold
  lost: mislaid
  make: fabricate
  meal: repast
  meet: convene
  money: lucre, specie
  name: appellation
  need: necessitate
  new: novel
  now: forthwith, presently
  old: antiquated
  open: unseal
  order: requisition
  package: bundle
  password: watchword
  pay: remunerate, remit
  phone: handset
  place: locale
  please: kindly, prithee
  price: tariff
  problem: quandary, predicament
  quickly: posthaste
  rain: precipitation
  refund: reimbursement, restitution
  return: restitute
  say: utter
  see: perceive
  send: dispatch, forward
  show: exhibit
  small: minuscule
  start: commence
  stop: cease, desist
  store: emporium
  street: thoroughfare
  talk: converse
  tell: apprise
  thanks: gratitude
  think: surmise
  trip: sojourn, voyage
  use: utilize
  very: exceedingly
  wait: tarry
  want: desire
  weather: clime
  work: toil
  wrong: erroneous
`);

const replacing = (
  id: string,
  title: string,
  source: string,
  table: ReadonlyMap<string, readonly string[]>,
  chance: 0.1 | 0.3,
) =>
  definePerturbation({
    id,
    title,
    source,
    options: strengthOf(chance, 'a word of the list is replaced by a synonym'),
    meaning: 'kept',
    apply: (text, { strength }, random) =>
      mapWords(text, (word) => {
        const others = table.get(word.toLowerCase());
        if (others === undefined || random.next() >= strength) return word;
        return matchCase(word, others[random.integer(others.length)]!);
      }),
  });

/** Words become common synonyms; the case stays. */
export const synonym = replacing(
  'synonym',
  'Synonyms',
  'HELM (SynonymPerturbation): probability 0.1 in robustness_all, 0.5 in its sweep; own list',
  synonyms,
  0.1,
);

/** Words become rare synonyms: uncommon vocabulary on purpose. */
export const rareSynonym = replacing(
  'rare-synonym',
  'Rare synonyms',
  'HELM (SynonymPerturbation) with rare words only; own list',
  rareSynonyms,
  0.3,
);

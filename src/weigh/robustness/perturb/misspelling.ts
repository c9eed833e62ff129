import { definePerturbation, strengthOf } from './types.ts';
import { mapWords, matchCase, tableOf } from './words.ts';

/** Words that are often misspelled, and how. */
export const misspellings = tableOf(`
  about: abuot
  accept: acept, exept
  access: acess, acces
  accidentally: accidently
  accommodate: acommodate, accomodate
  account: acount, acccount
  achieve: acheive
  across: accross
  actually: actualy
  address: adress, addres
  again: agian
  agreement: agreemant
  almost: allmost
  already: allready, alredy
  always: allways
  amount: ammount
  another: anouther
  answer: anwser, anser
  apartment: appartment
  appear: apear
  application: aplication
  appointment: apointment, appointmant
  appreciate: apreciate
  are: aer
  argument: arguement
  arrive: arive
  arrived: arived
  available: availible, avaliable
  balance: balence
  basically: basicly
  because: becuase, becouse, becase
  become: becom
  before: befor
  believe: beleive
  between: beetween
  bought: bougth
  broken: brocken
  business: buisness, bussiness
  calendar: calender
  can: cna
  cancel: cancle, cansel
  cancelled: cancled
  careful: carefull
  category: catagory
  certain: certian
  change: chnage, chage
  choose: chose, chooze
  colleague: collegue
  coming: comming
  committed: comitted
  complaint: complant
  completely: completly
  computer: computor
  confirm: comfirm
  convenient: convinient
  correct: corect
  could: coud
  country: contry
  credit: creditt
  currency: curency
  currently: currenty
  customer: costumer
  damaged: dammaged
  decide: dicide
  definitely: definately, definitly
  deliver: dilever
  delivery: delievery, delivary
  description: discription
  different: diffrent, diferent
  difficult: dificult
  disappear: dissapear
  disappointed: dissapointed
  discount: discout
  does: dose
  don't: dont
  eight: eigth
  email: emial
  enough: enought
  environment: enviroment
  equipment: equiptment
  especially: especialy, expecially
  every: evry
  exactly: exactely
  excellent: excelent
  except: exept
  exchange: exhange
  expensive: expencive
  experience: experiance
  explain: explane
  familiar: familar
  favorite: favorit
  february: febuary
  finally: finaly
  first: frist
  flight: fligth
  foreign: foriegn
  forget: forgett
  forward: foward
  fourth: forth
  friend: freind
  from: form
  government: goverment
  guarantee: garantee, guarentee
  guess: gess
  happened: happend
  have: ahve
  height: heigth
  help: hepl
  hotel: hottel
  how: hwo
  hundred: hunderd
  immediately: immediatly, imediately
  important: importent
  incorrect: incorect
  information: infomation, informations
  insurance: insurence
  interest: intrest
  internet: internat
  invoice: invoise
  know: konw
  knowledge: knowlege
  language: langauge
  later: latter
  length: lenght
  license: lisence
  like: liek
  listen: lisen
  maybe: mabye
  meant: ment
  message: mesage
  million: milion
  minute: minuite
  missing: mising
  mistake: misstake
  money: mony
  month: mounth
  morning: mornning
  mortgage: morgage
  much: mutch
  necessary: neccessary, necesary
  need: nead
  neighbor: nieghbor
  never: nevr
  number: numbre
  occurred: occured
  offered: offerd
  often: offen
  opinion: opinon
  opportunity: oppertunity
  order: oder, ordr
  ordered: orderd
  package: packege
  paid: payed
  password: pasword, passwrod
  payment: paymant
  people: poeple, peopel
  perfect: perfact
  perhaps: perhpas
  permanent: permenant
  personal: personel
  please: plese, pleas
  possible: posible
  prefer: prefere
  preferred: prefered
  previous: previus
  probably: probaly, probly
  problem: probelm, problam
  product: prodcut
  purchase: purchace
  question: queston
  quickly: quikly
  quiet: quite
  quite: quiet
  really: realy, relly
  reason: reson
  receipt: reciept, receit
  receive: recieve, receve
  received: recieved, recived
  recommend: recomend, reccomend
  reference: refrence
  refund: refound
  remember: rember
  reminder: remindor
  repeat: repeate
  replacement: replacment
  request: requst
  reservation: resevation
  restaurant: restarant, restaraunt
  return: retrun
  safety: saftey
  said: siad
  schedule: schedual, shedule
  search: serach
  security: securety
  separate: seperate
  service: servise
  several: severel
  should: shoud
  similar: similiar
  since: sinse
  sincerely: sincerly
  soon: son
  special: speciel
  speed: spead
  statement: statment
  still: stil
  straight: strait
  subscription: subscribtion
  success: sucess
  successful: succesful
  suddenly: sudenly
  support: suport
  surprise: suprise
  system: sistem
  technical: tecnical
  temperature: temperture
  terrible: terible
  than: then
  thank: thnak
  that: taht
  the: teh, hte
  their: thier, there
  there: their, ther
  they: tehy
  think: thikn
  thirty: thirthy
  this: htis
  though: thou
  through: thru, trough
  tickets: tikets
  together: togather
  tomorrow: tommorow, tommorrow
  tonight: tonite
  too: to
  traffic: trafic
  transaction: transation
  transfer: tranfer, transfere
  translate: tranlsate
  travel: travle
  truly: truely
  unfortunately: unfortunatly
  until: untill
  upgrade: upgarde
  usually: usualy
  vehicle: vehical
  very: verry
  visible: visable
  want: wnat
  warranty: waranty, warrenty
  weather: wether
  website: webiste
  wednesday: wendesday
  week: weak
  weekend: wekend
  weight: wieght
  weird: wierd
  welcome: wellcome
  were: where
  what: waht
  when: wehn
  where: were, wher
  whether: wether
  which: wich
  while: wile
  with: wiht
  without: witout
  work: wrok
  would: woud
  writing: writting
  wrong: worng
  year: yaer
  yesterday: yesturday
  you: yuo
  your: youre, yuor
`);

/** Words become a common misspelling of theirs; the case stays. Words that are not in the list stay. */
export const misspelling = definePerturbation({
  id: 'misspelling',
  title: 'Common misspellings',
  source: 'HELM (MisspellingPerturbation): probability 0.1 in robustness, 0.05 to 0.5 in its sweeps; own list',
  options: strengthOf(0.1, 'a word of the list is misspelled'),
  meaning: 'kept',
  apply: (text, { strength }, random) =>
    mapWords(text, (word) => {
      const wrong = misspellings.get(word.toLowerCase().replaceAll('’', "'"));
      if (wrong === undefined || random.next() >= strength) return word;
      return matchCase(word, wrong[random.integer(wrong.length)]!);
    }),
});

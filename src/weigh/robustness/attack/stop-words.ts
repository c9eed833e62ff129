/** Words that carry grammar rather than content; attacks leave them alone. */
const listed = `
a an the this that these those
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
who whom whose which what
am is are was were be been being have has had having do does did doing done
will would shall should can could may might must ought
and or but nor so yet if then else than because as while until although though unless
of at by for with without about against between among into onto through during before after above below over under
to from up down in out on off upon within along across toward towards
again further once here there when where why how
all any both each few more most other some such only own same too very just also even still
no not never
don doesn didn isn aren wasn weren won wouldn shouldn couldn can cannot haven hasn hadn mustn needn
s t d ll m re ve
`;

const stopWords: ReadonlySet<string> = new Set(listed.split(/\s+/).filter((one) => one !== ''));

/** Whether a word is an English function word, in any casing and with its contraction ("don't", "it's"). */
export const isStopWord = (word: string): boolean => {
  const plain = word.toLowerCase().replace(/’/g, "'");
  return stopWords.has(plain) || (plain.includes("'") && plain.split("'").every((part) => stopWords.has(part)));
};

/** How many tokens of a text and its pair to keep so that both fit into `room`, cutting the longer one first.
 *  When both are longer than the whole room, the crate's newest versions may give the odd token to the other one: they stop reading early.
 *  Units: tokens without special ones. Source: "longest first" of the Hugging Face tokenizers crate (utils/truncation.rs). */
export const longestFirst = (first: number, second: number, room: number): readonly [number, number] => {
  if (first + second <= room) return [first, second];
  const swap = first > second;
  let short = swap ? second : first;
  let long = short > room ? short : Math.max(short, room - short);
  if (short + long > room) {
    short = Math.floor(room / 2);
    long = short + (room % 2);
  }
  return swap ? [long, short] : [short, long];
};

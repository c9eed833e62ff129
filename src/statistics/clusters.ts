/** Number the clusters in order of appearance: items with the same key belong together (answers of one question, two sides of a pair).
 *  For `clusters` of the bootstrap. */
export const clustersOf = (keys: readonly (string | number)[]): Int32Array => {
  const numbers = new Map<string | number, number>();
  return Int32Array.from(keys, (key) => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
};

/** Item indices of each cluster, in order of appearance. */
export const membersOf = (clusters: ArrayLike<number>): readonly (readonly number[])[] => {
  const members = new Map<number, number[]>();
  for (let i = 0; i < clusters.length; i++) {
    const some = members.get(clusters[i]!);
    if (some === undefined) members.set(clusters[i]!, [i]);
    else some.push(i);
  }
  return [...members.values()];
};

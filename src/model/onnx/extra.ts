import { create, isFieldSet, toBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage, MessageShape } from '@bufbuild/protobuf';

/** Encodes what a noun does not name: every set field of a message outside of `named`, and its unknown fields.
 *  Returns undefined when there is nothing else. Appending these bytes to the encoded named fields restores the message,
 *  as protobuf fields may come in any order. */
export const extraOf = <D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  named: ReadonlySet<string>,
): Uint8Array | undefined => {
  const set = othersOf(schema, named).filter((field) => isFieldSet(message, field));
  if (set.length === 0 && !message.$unknown?.length) return undefined;
  const rest = create(schema);
  for (const { localName } of set)
    (rest as Record<string, unknown>)[localName] = (message as Record<string, unknown>)[localName];
  if (message.$unknown) rest.$unknown = message.$unknown;
  return toBinary(schema, rest);
};

const cache = new WeakMap<ReadonlySet<string>, readonly DescField[]>();
const othersOf = (schema: DescMessage, named: ReadonlySet<string>): readonly DescField[] => {
  let fields = cache.get(named);
  if (!fields) cache.set(named, (fields = schema.fields.filter((field) => !named.has(field.localName))));
  return fields;
};

import { decodeUtf8 } from "@samsa/stdx";
import { clientError, type JavaException } from "../java-exception.ts";
import { javaDouble } from "../java-number.ts";

/** What the object that a deserializer of Kafka's makes of these bytes shows of itself. Throws Kafka's `SerializationException`. */
export type Deserializer = (bytes: Uint8Array) => string;

const PACKAGE = "org.apache.kafka.common.serialization.";

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);

/** Of a fixed size. */
const fixed =
  (name: string, size: number, show: (view: DataView) => string): Deserializer =>
  (bytes) => {
    if (bytes.length !== size) throw serializationException(`Size of data received by ${name} is not ${size}`);
    return show(viewOf(bytes));
  };

const serializationException = (message: string): JavaException => clientError("SerializationException", message);

/** What can be seen of ASCII is shown as it is. */
const escaped: Deserializer = (bytes) =>
  Array.from(bytes, (byte) => {
    const isSeen = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    return isSeen ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");

const DESERIALIZERS: ReadonlyMap<string, Deserializer> = new Map<string, Deserializer>([
  ["StringDeserializer", decodeUtf8],
  ["ShortDeserializer", fixed("ShortDeserializer", 2, (view) => String(view.getInt16(0)))],
  ["IntegerDeserializer", fixed("IntegerDeserializer", 4, (view) => String(view.getInt32(0)))],
  ["LongDeserializer", fixed("LongDeserializer", 8, (view) => String(view.getBigInt64(0)))],
  ["FloatDeserializer", fixed("Deserializer", 4, (view) => javaFloat(view.getFloat32(0)))],
  ["DoubleDeserializer", fixed("Deserializer", 8, (view) => javaDouble(view.getFloat64(0)))],
  ["BooleanDeserializer", fixed("BooleanDeserializer", 1, booleanOf)],
  ["UUIDDeserializer", decodeUtf8],
  ["BytesDeserializer", escaped],
]);

/** Undefined: there is none by this name of a Java class. */
export const deserializerOf = (className: string): Deserializer | undefined =>
  className.startsWith(PACKAGE) ? DESERIALIZERS.get(className.slice(PACKAGE.length)) : undefined;

function booleanOf(view: DataView): string {
  const byte = view.getUint8(0);
  if (byte > 1) throw serializationException(`Unexpected byte received by BooleanDeserializer: ${byte}`);
  return String(byte === 1);
}

/** The fewest digits that name this float. */
function javaFloat(value: number): string {
  const digits = Array.from({ length: 9 }, (_, index) => Number(value.toPrecision(index + 1)));
  return javaDouble(digits.find((short) => Math.fround(short) === value) ?? value);
}

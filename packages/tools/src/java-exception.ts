import { ErrorCode, errorName, errorOf } from "@samsa/protocol";
import { ERROR_CLASSES, ERROR_MESSAGES } from "./error-texts.ts";

const KAFKA_ERRORS = "org.apache.kafka.common.errors";

/** An error that Apache's tools would show by the name of its class, which scripts look for. */
export class JavaException extends Error {
  readonly code = "JAVA_EXCEPTION";
  readonly javaClass: string;
  /** The protocol's number, where a broker told of it. */
  readonly errorCode: number | undefined;
  /** What failed besides. */
  readonly suppressed: readonly JavaException[];

  constructor(
    javaClass: string,
    message: string,
    options: { readonly cause?: JavaException; readonly errorCode?: number; readonly suppressed?: readonly JavaException[] } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.javaClass = javaClass;
    this.errorCode = options.errorCode;
    this.suppressed = options.suppressed ?? [];
  }

  /** As Java shows it: class, then message if there is one. */
  override toString(): string {
    return this.message === "" ? this.javaClass : `${this.javaClass}: ${this.message}`;
  }
}

/** Arguments that make no sense together. */
export const illegalArgument = (message: string): JavaException => new JavaException("java.lang.IllegalArgumentException", message);

/** What a broker answered with; `message` is its own, if it gave one. */
export function brokerError(errorCode: number, message?: string | null): JavaException {
  const name = errorName(errorCode);
  const text = message ?? ERROR_MESSAGES[name] ?? errorOf(errorCode)?.message ?? "";
  return new JavaException(`${KAFKA_ERRORS}.${ERROR_CLASSES[name] ?? exceptionOf(name)}`, text, { errorCode });
}

/** By Kafka's name of an error, or by one of the client's own for a connection that failed. */
export function brokerErrorNamed(name: string): JavaException {
  if (name === "DISCONNECTED" || name === "MALFORMED_RESPONSE") return brokerError(ErrorCode.NETWORK_EXCEPTION);
  return brokerError(ErrorCode[name as keyof typeof ErrorCode] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
}

/** One of the classes of `org.apache.kafka.common.errors`, thrown by the client itself. */
export const clientError = (simpleClass: string, message: string): JavaException => new JavaException(`${KAFKA_ERRORS}.${simpleClass}`, message);

/** What can't be thrown where it happens is wrapped. */
export const runtimeException = (cause: JavaException): JavaException => new JavaException("java.lang.RuntimeException", cause.toString(), { cause });

/** Java's tools are told of a failure through a future, which wraps it. */
export const executionException = (cause: JavaException): JavaException =>
  new JavaException("java.util.concurrent.ExecutionException", cause.toString(), { cause });

/** Anything thrown, as Java would show it. An error of our own is one of the program's. */
export function asJavaException(thrown: unknown): JavaException {
  if (thrown instanceof JavaException) return thrown;
  return new JavaException("java.lang.RuntimeException", thrown instanceof Error ? thrown.message : String(thrown));
}

/** What stands for a stack trace: the error and what caused it, without Java's frames. Ends in a line's end. */
export function stackTrace(error: JavaException): string {
  const { cause } = error;
  const others = error.suppressed.map((each) => `\tSuppressed: ${stackTrace(each)}`).join("");
  return `${error.toString()}\n${others}${cause instanceof JavaException ? `Caused by: ${stackTrace(cause)}` : ""}`;
}

/** `INVALID_PARTITIONS`: `InvalidPartitionsException`. */
function exceptionOf(name: string): string {
  const words = name.split("_").map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  const joined = words.join("");
  return joined.endsWith("Exception") ? joined : `${joined}Exception`;
}

import type { ApiCodec, ApiInputs, ApiMessages, ApiName } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";

/** Why a request has no response. */
export interface CallFailure {
  /**
   * `UNSUPPORTED_VERSION`: client and broker have no version in common; `INVALID_REQUEST`: what was to be said can't be written in Kafka's protocol.
   * With these nothing was sent. The others leave open whether the broker acted on the request.
   */
  readonly error: "DISCONNECTED" | "REQUEST_TIMED_OUT" | "MALFORMED_RESPONSE" | "UNSUPPORTED_VERSION" | "INVALID_REQUEST";
  readonly detail: string;
}

/** One request and whoever waits for its response; exactly one of `answered` and `failed` is called, once. */
export interface Call<N extends ApiName = ApiName> {
  readonly api: ApiCodec<N>;
  /** Built for the version that was agreed upon. */
  readonly request: (version: number) => ApiInputs[N]["request"];
  /** Lowest and highest version that this call can do with, if the codec knows more. */
  readonly minVersion?: number;
  readonly maxVersion?: number;
  /** False for Produce with acks=0: the broker says nothing, and neither method is called once it was sent. */
  readonly hasResponse?: boolean;
  /** How long the broker itself may wait, on top of the request time-out. */
  readonly brokerWaitMs?: number;
  answered(response: ApiMessages[N]["response"], now: Now, version: number): void;
  failed(failure: CallFailure, now: Now): void;
}

import type { ErrorName } from "@samsa/protocol";
import { shortMessage } from "../said-again.ts";

/** Why a request is not done, with what its client is told. */
export class Refusal {
  readonly error: ErrorName;
  readonly message: string | null;

  constructor(error: ErrorName, message: string | null = null) {
    this.error = error;
    this.message = shortMessage(message);
  }
}

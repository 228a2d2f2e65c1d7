import type { MetadataRecord } from "@samsa/metadata";
import type { ControllerReply } from "./api.ts";

/** What a command came to: records, an answer if somebody asked, and why, for the story told afterwards. */
export interface Decision {
  readonly records: readonly MetadataRecord[];
  readonly because: string;
  readonly reply?: ControllerReply;
}

export const answer = (reply: ControllerReply): Decision => ({ records: [], because: "", reply });

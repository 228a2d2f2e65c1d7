import type { OffsetCommitValue } from "@samsa/protocol/group-records";
import type { GroupRecord } from "../records/group-record.ts";

export interface OffsetPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

export const offsetRecord = (key: OffsetPlace, value: OffsetCommitValue): GroupRecord => ({ name: "OffsetCommit", key, value });

export const offsetTombstone = (key: OffsetPlace): GroupRecord => ({ name: "OffsetCommit", key, value: null });

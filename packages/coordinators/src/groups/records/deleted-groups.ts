import type { GroupRecord } from "./group-record.ts";

/** Groups of which these records leave nothing: their metadata are gone, be they of the one protocol or of the other. One that changes its protocol is not gone. */
export function deletedGroups(records: readonly GroupRecord[]): readonly string[] {
  const isGone = new Map<string, boolean>();
  for (const record of records) {
    if (record.name !== "GroupMetadata" && record.name !== "ConsumerGroupMetadata") continue;
    const group = record.name === "GroupMetadata" ? record.key.group : record.key.groupId;
    isGone.set(group, record.value === null && isGone.get(group) !== false);
  }
  return [...isGone].flatMap(([group, gone]) => (gone ? [group] : []));
}

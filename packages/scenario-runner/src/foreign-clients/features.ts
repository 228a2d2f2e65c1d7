import type { Ability } from "./command.ts";

/** What every client is tried with; a row of docs/compatibility.md each. */
export const FEATURES = {
  codecs: { title: "produces with acks 0, 1 and all, in every codec it has", needs: ["produce", "read"] },
  fields: { title: "keys, headers, and what is null or empty", needs: ["produce", "read"] },
  timestamps: { title: "times of the program's own", needs: ["produce", "read", "timestamps"] },
  batches: { title: "two thousand records at a time, and one of 900 kB", needs: ["produce", "read"] },
  positions: { title: "reads from the earliest record, the latest, and from a time", needs: ["produce", "read"] },
  group: { title: "a group of three: one is killed, one leaves, the third goes on", needs: ["join", "leave", "produce"] },
  offsets: { title: "committed offsets are kept when a member comes back", needs: ["join", "leave", "produce"] },
  "consumer-group": {
    title: "a group of three by KIP-848: one is killed, one leaves, the third goes on",
    needs: ["join", "leave", "produce", "consumer-protocol"],
  },
  "consumer-offsets": {
    title: "committed offsets are kept when a member comes back, by KIP-848",
    needs: ["join", "leave", "produce", "consumer-protocol"],
  },
  migration: {
    title: "a group goes from the classic to the consumer protocol and back, a member at a time",
    needs: ["join", "leave", "produce", "committed", "protocol-change", "group-type"],
  },
  patterns: {
    title: "a subscription by a regular expression of the server takes in a topic that is made later",
    needs: ["join", "leave", "produce", "server-patterns"],
  },
  topics: {
    title: "creates, lists, configures, grows and deletes topics, deletes records",
    needs: ["create-topic", "list-topics", "topic-config", "set-topic-config", "grow-topic", "delete-records", "delete-topic"],
  },
  groups: {
    title: "lists, describes and deletes groups, and reads their offsets",
    needs: ["join", "list-groups", "describe-group", "committed", "delete-group"],
  },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly needs: readonly Ability[] }>>;

export type FeatureName = keyof typeof FEATURES;

/** Whom a broker is killed for, under an idempotent producer and a group of two of one client. */
export const KILLED_ROLES = ["partition leader", "group coordinator", "active controller"] as const;
/** By KIP-848 it is the coordinator's kill that is tried. */
export const KILLED_UNDER_CONSUMER_PROTOCOL = "group coordinator" satisfies (typeof KILLED_ROLES)[number];
export type KilledRole = (typeof KILLED_ROLES)[number];

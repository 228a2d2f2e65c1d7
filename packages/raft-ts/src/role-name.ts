/** Kafka's names (KIP-595, KIP-996); "unattached" is a follower whose leader is −1. */
export type Role = "follower" | "prospective" | "candidate" | "leader" | "resigned" | "observer";

import type { MetadataImage } from "@samsa/metadata";
import type { NodeId } from "@samsa/stdx";

const KEY = "unclean.leader.election.enable";

/** Says of a topic whether whoever lacks records may lead it where nobody else is left. */
export type UncleanRule = (topicName: string) => boolean;

/** As Kafka: the topic's setting, else that of the broker where the controller is active, else the cluster-wide default, else the file's. */
export function uncleanRule(
  image: MetadataImage,
  { self, isUncleanElectionEnabled }: { readonly self: NodeId; readonly isUncleanElectionEnabled: boolean },
): UncleanRule {
  const ofCluster = image.brokerConfig(self).get(KEY) ?? image.brokerConfig("default").get(KEY) ?? String(isUncleanElectionEnabled);
  return (topicName) => isTrue(image.topicConfig(topicName).get(KEY) ?? ofCluster);
}

const isTrue = (value: string): boolean => value.trim().toLowerCase() === "true";

import { topicNameError } from "@samsa/controller";
import type { ErrorName } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import { BrokerValues } from "./broker-values.ts";
import type { ConfigEntry } from "./config-entry.ts";
import { describeBrokerConfigs, describeBrokerDefaults } from "./describe-broker.ts";
import { describeTopicConfigs } from "./describe-topic.ts";
import { ResourceType } from "./resource-type.ts";
import { describeGroupConfigs } from "./describe-group.ts";
import { CLIENT_METRICS_CONFIGS } from "./unset-resources.ts";

/** Why a resource can't be described, in Kafka's words. */
interface ResourceFault {
  readonly error: ErrorName;
  readonly message: string;
}

const fault = (error: ErrorName, message: string): ResourceFault => ({ error, message });
const invalid = (message: string): ResourceFault => fault("INVALID_REQUEST", message);

/** All configs of a resource. A broker speaks for itself, and for what is set for all. */
export function describeResource(services: BrokerServices, resourceType: ResourceType, name: string): readonly ConfigEntry[] | ResourceFault {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return describeTopic(services, name);
    case ResourceType.BROKER:
      return describeBroker(services, name);
    case ResourceType.BROKER_LOGGER:
      // There are no loggers whose levels can be had one by one.
      return name === "" ? invalid("Broker id must not be empty") : (otherBroker(services, name, "expected ID but received") ?? []);
    case ResourceType.CLIENT_METRICS:
      return name === "" ? invalid("Client metrics subscription name must not be empty") : CLIENT_METRICS_CONFIGS;
    case ResourceType.GROUP:
      return name === "" ? invalid("Group name must not be empty") : describeGroup(services, name);
  }
}

function describeTopic({ config, image }: BrokerServices, name: string): readonly ConfigEntry[] | ResourceFault {
  const misnamed = topicNameError(name);
  if (misnamed !== undefined) return fault("INVALID_TOPIC_EXCEPTION", misnamed);
  if (image.topicByName(name) === undefined) return fault("UNKNOWN_TOPIC_OR_PARTITION", "");
  return describeTopicConfigs(new BrokerValues(config, image), image.topicConfig(name));
}

const describeGroup = ({ config, image }: BrokerServices, groupId: string): readonly ConfigEntry[] =>
  describeGroupConfigs(new BrokerValues(config, image), image.groupConfig(groupId));

function describeBroker(services: BrokerServices, name: string): readonly ConfigEntry[] | ResourceFault {
  const { config, image } = services;
  const values = new BrokerValues(config, image);
  if (name === "") return describeBrokerDefaults(values, image.brokerConfig("default"));
  return otherBroker(services, name, "expected ID or empty string, but received") ?? describeBrokerConfigs(values);
}

function otherBroker({ config }: BrokerServices, name: string, expectation: string): ResourceFault | undefined {
  if (!/^[+-]?\d{1,10}$/.test(name)) return invalid(`Broker id must be an integer, but it is: ${name}`);
  if (Number(name) === config.nodeId) return undefined;
  return invalid(`Unexpected broker id, ${expectation.replace("ID", String(config.nodeId))} ${name}`);
}

import { apis, type DescribeConfigsResponse, ErrorCode, newDescribeConfigsRequest, newDescribeConfigsResource } from "@samsa/protocol";
import { brokerError, type JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";

/** What has configs, as requests number it. */
export const ResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

/** Where a value comes from, as answers number it. */
export const ConfigSource = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;

export interface ConfigResource {
  readonly type: ResourceType;
  /** Of brokers: the empty name is what holds for all of them. */
  readonly name: string;
}

export type ConfigEntry = DescribeConfigsResponse["results"][number]["configs"][number];

/** In the order of the resources; a resource that can't be described has its error. What a broker knows of itself, that broker is asked. */
export async function describeConfigs(
  session: Session,
  resources: readonly ConfigResource[],
  { includeSynonyms = false }: { readonly includeSynonyms?: boolean } = {},
): Promise<readonly (readonly ConfigEntry[] | JavaException)[]> {
  const isOfBroker = ({ type, name }: ConfigResource): boolean => (type === ResourceType.BROKER && name !== "") || type === ResourceType.BROKER_LOGGER;
  const elsewhere = resources.filter((resource) => !isOfBroker(resource));
  const groups = [...(elsewhere.length === 0 ? [] : [elsewhere]), ...resources.filter(isOfBroker).map((resource) => [resource])];
  const answers = await Promise.all(groups.map((group) => ask(session, group, includeSynonyms, isOfBroker(group[0] ?? { type: 2, name: "" }))));
  const results = answers.flatMap(({ results: each }) => each);
  return resources.map(({ type, name }) => {
    const result = results.find(({ resourceType, resourceName }) => resourceType === type && resourceName === name);
    if (result === undefined) return brokerError(ErrorCode.UNKNOWN_SERVER_ERROR, "The broker said nothing of what it was asked");
    return result.errorCode === ErrorCode.NONE ? result.configs : brokerError(result.errorCode, result.errorMessage);
  });
}

function ask(session: Session, resources: readonly ConfigResource[], includeSynonyms: boolean, isOfBroker: boolean): Promise<DescribeConfigsResponse> {
  const broker = Number(resources[0]?.name);
  return session.request({
    callName: isOfBroker ? "describeBrokerConfigs" : "describeConfigs",
    api: apis.DescribeConfigs,
    request: () =>
      newDescribeConfigsRequest({
        resources: resources.map(({ type, name }) => newDescribeConfigsResource({ resourceType: type, resourceName: name, configurationKeys: null })),
        includeSynonyms,
      }),
    target: isOfBroker ? { type: "broker", broker } : { type: "any" },
  });
}

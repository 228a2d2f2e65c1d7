import { type DescribeConfigsRequest, type DescribeConfigsResponse, ErrorCode, errors } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import { describeResource } from "../configs/describe-resource.ts";
import { isResourceType, type ResourceType } from "../configs/resource-type.ts";
import type { ApiHandler } from "../request-context.ts";

type Asked = DescribeConfigsRequest["resources"][number];
type Result = DescribeConfigsResponse["results"][number];

/** Configs that one request is answered with at most: a short request must not make an answer of gigabytes. */
const MAX_CONFIGS = 330_000;

/** DescribeConfigs 1–4, of topics from the metadata that this broker has applied, of brokers for itself. */
export function describeConfigsHandler(services: BrokerServices): ApiHandler<"DescribeConfigs"> {
  return {
    api: "DescribeConfigs",
    handle(request, context) {
      const answer = (results: readonly Result[]): void => context.respond({ throttleTimeMs: 0, results });
      // As Kafka, which describes nothing then.
      if (request.resources.some(({ resourceType }) => !isResourceType(resourceType)))
        return answer(request.resources.map((asked) => failed(asked, "INVALID_REQUEST", errors.INVALID_REQUEST.message)));
      let room = MAX_CONFIGS;
      answer(
        request.resources.map((asked) => {
          if (room <= 0) return failed(asked, "INVALID_REQUEST", "The request asks for too many configs.");
          const result = describe(services, asked, request);
          room -= 1 + result.configs.length;
          return result;
        }),
      );
    },
  };
}

const failed = ({ resourceType, resourceName }: Asked, error: keyof typeof ErrorCode, errorMessage: string): Result => ({
  errorCode: ErrorCode[error],
  errorMessage,
  resourceType,
  resourceName,
  configs: [],
});

function describe(services: BrokerServices, asked: Asked, { includeSynonyms, includeDocumentation }: DescribeConfigsRequest): Result {
  const { resourceType, resourceName, configurationKeys } = asked;
  const described = describeResource(services, resourceType as ResourceType, resourceName);
  if ("error" in described) return failed(asked, described.error, described.message);
  // As with Kafka none named are all.
  const names = configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys);
  const configs = described
    .filter(({ name }) => names?.has(name) ?? true)
    .map((entry) => ({
      ...entry,
      synonyms: includeSynonyms ? entry.synonyms : [],
      documentation: includeDocumentation ? entry.documentation : null,
    }));
  return { errorCode: 0, errorMessage: "", resourceType, resourceName, configs };
}

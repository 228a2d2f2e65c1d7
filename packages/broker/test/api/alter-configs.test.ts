import { ErrorCode } from "@samsa/protocol";
import { expect, it, test } from "vitest";
import { TestBroker, TOPIC } from "../support/test-broker.ts";

const TOPIC_TYPE = 2;
const BROKER = 4;
const LOGGER = 8;
const change = (name: string, value: string | null, configOperation = 0) => ({ name, configOperation, value });
const resource = (resourceType: number, resourceName: string, ...configs: ReturnType<typeof change>[]) => ({ resourceType, resourceName, configs });

it.each<[string, ReturnType<typeof resource>, keyof typeof ErrorCode, string]>([
  ["of another broker", resource(BROKER, "2"), "INVALID_REQUEST", "Unexpected broker id, expected 1, but received 2"],
  ["of a broker without a number", resource(BROKER, "1x"), "INVALID_REQUEST", "Node id must be an integer, but it is: 1x"],
  ["of another broker's loggers", resource(LOGGER, "2"), "INVALID_REQUEST", "Unexpected node id. Expected 1, but received 2"],
  ["of a logger", resource(LOGGER, "1", change("root", "INFO")), "INVALID_CONFIG", "Logger root does not exist!"],
  ["of client metrics", resource(16, "m"), "INVALID_REQUEST", "Samsa does not support configs of client metrics yet."],
  [
    "of a group's session beyond what groups may be given",
    resource(32, "g", change("consumer.session.timeout.ms", "44999")),
    "INVALID_CONFIG",
    "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
  ],
  [
    "of a group's heartbeats beyond what groups may be given",
    resource(32, "g", change("consumer.heartbeat.interval.ms", "15001")),
    "INVALID_CONFIG",
    "consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms",
  ],
  ["by an unknown operation", resource(TOPIC_TYPE, TOPIC, change("flush.ms", "1", 4)), "INVALID_REQUEST", "Unknown operation 4 for config flush.ms."],
])("refuses a change %s itself", (_, asked, error, errorMessage) => {
  const host = TestBroker.serving();
  const { responses } = host.client().call("IncrementalAlterConfigs", 1, { resources: [asked], validateOnly: false });
  expect(responses).toMatchObject([{ errorCode: ErrorCode[error], errorMessage, resourceType: asked.resourceType, resourceName: asked.resourceName }]);
  expect(host.asked).toEqual([]);
});

test("what the broker refuses and what the controller says come in the order of the request", () => {
  const host = TestBroker.serving();
  const client = host.client();
  const resources = [
    resource(BROKER, "", change("message.max.bytes", "1", 0), change("log.cleanup.policy", "delete", 2), change("x", "y", 3)),
    resource(99, "?"),
    resource(TOPIC_TYPE, TOPIC, change("flush.ms", null, 1)),
    resource(BROKER, "1"),
  ];
  client.ask("IncrementalAlterConfigs", 1, { resources, validateOnly: true });
  expect(host.asked[0]?.request).toEqual({
    type: "incremental-alter-configs",
    validateOnly: true,
    resources: [
      {
        resourceType: "broker",
        resourceName: "",
        changes: [
          { name: "message.max.bytes", operation: "set", value: "1" },
          { name: "log.cleanup.policy", operation: "append", value: "delete" },
          { name: "x", operation: "subtract", value: "y" },
        ],
      },
      { resourceType: "topic", resourceName: TOPIC, changes: [{ name: "flush.ms", operation: "delete", value: null }] },
      { resourceType: "broker", resourceName: "1", changes: [] },
    ],
  });
  host.asked[0]?.answer({
    type: "incremental-alter-configs",
    error: "NONE",
    resources: [
      { resourceType: "broker", resourceName: "", error: "INVALID_CONFIG", message: "first" },
      { resourceType: "topic", resourceName: TOPIC, error: "NONE", message: null },
      { resourceType: "broker", resourceName: "1", error: "BROKER_ID_NOT_REGISTERED", message: "last" },
    ],
  });
  expect(client.answers).toMatchObject([
    {
      responses: [
        { errorCode: ErrorCode.INVALID_CONFIG, errorMessage: "first", resourceType: BROKER },
        { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: "Unknown resource type 99", resourceType: 99 },
        { errorCode: 0, errorMessage: null, resourceType: TOPIC_TYPE },
        { errorCode: ErrorCode.BROKER_ID_NOT_REGISTERED, errorMessage: "last", resourceType: BROKER },
      ],
    },
  ]);
});

test("an error of the whole request is that of each resource", () => {
  const host = TestBroker.serving();
  const client = host.client();
  client.ask("AlterConfigs", 2, { resources: [{ resourceType: TOPIC_TYPE, resourceName: TOPIC, configs: [] }], validateOnly: false });
  host.pass(30_000);
  expect(client.answers).toMatchObject([{ responses: [{ errorCode: ErrorCode.REQUEST_TIMED_OUT, resourceName: TOPIC }] }]);
});

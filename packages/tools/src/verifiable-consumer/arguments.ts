import type { ArgumentParser } from "../command-line/argparse/argument.ts";

/** As Kafka declares them. */
export const VERIFIABLE_CONSUMER: ArgumentParser = {
  program: "verifiable-consumer",
  description:
    "This tool consumes messages from a specific topic and emits consumer events (e.g. group rebalances, received messages, and offsets committed) as JSON objects to STDOUT.",
  arguments: [
    { flag: "--topic", metavar: "TOPIC", isRequired: true, help: "Consumes messages from this topic." },
    { flag: "--group-protocol", metavar: "GROUP-PROTOCOL", default: "classic", help: "Group protocol (must be one of CLASSIC, CONSUMER)" },
    { flag: "--group-remote-assignor", metavar: "GROUP-REMOTE-ASSIGNOR", help: "Group remote assignor; only used if the group protocol is CONSUMER" },
    { flag: "--group-id", metavar: "GROUP-ID", isRequired: true, help: "The group id of the consumer group" },
    { flag: "--group-instance-id", metavar: "GROUP-INSTANCE-ID", help: "A unique identifier of the consumer instance" },
    {
      flag: "--max-messages",
      metavar: "MAX-MESSAGES",
      type: "Integer",
      default: "-1",
      help: "Consume this many messages. If -1 (the default), the consumer will consume until the process is killed externally",
    },
    {
      flag: "--session-timeout",
      metavar: "TIMEOUT-MS",
      type: "Integer",
      help: "Set the consumer's session timeout, note that this configuration is not supported when group protocol is consumer",
    },
    { flag: "--verbose", default: "false", help: "Enable to log individual consumed records" },
    { flag: "--enable-autocommit", default: "false", help: "Enable offset auto-commit on consumer" },
    { flag: "--reset-policy", metavar: "RESET-POLICY", default: "earliest", help: "Set reset policy (must be either 'earliest', 'latest', or 'none')" },
    {
      flag: "--assignment-strategy",
      metavar: "ASSIGNMENT-STRATEGY",
      default: "org.apache.kafka.clients.consumer.RangeAssignor",
      help: "Set assignment strategy (e.g. org.apache.kafka.clients.consumer.RoundRobinAssignor); only used if the group protocol is CLASSIC",
    },
    {
      flag: "--consumer.config",
      metavar: "CONFIG-FILE",
      help: "(DEPRECATED) Consumer config properties file. This option will be removed in a future version. Use --command-config instead",
    },
    {
      flag: "--command-config",
      metavar: "CONFIG-FILE",
      help: "Config properties file (config options shared with command line parameters will be overridden).",
    },
  ],
  group: {
    title: "Connection Group",
    description: "Group of arguments for connection to brokers",
    members: [
      {
        flag: "--bootstrap-server",
        metavar: "HOST1:PORT1[,HOST2:PORT2[...]]",
        help: "The server(s) to connect to. Comma-separated list of Kafka brokers in the form HOST1:PORT1,HOST2:PORT2,...",
      },
    ],
  },
};

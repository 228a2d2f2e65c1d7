import type { ArgumentParser } from "../command-line/argparse/argument.ts";

const BROKERS = "HOST1:PORT1[,HOST2:PORT2[...]]";

/** As Kafka declares them. */
export const VERIFIABLE_PRODUCER: ArgumentParser = {
  program: "verifiable-producer",
  description:
    'This tool produces increasing integers to the specified topic and prints JSON metadata to stdout on each "send" request, making externally visible which messages have been acked and which have not.',
  arguments: [
    { flag: "--topic", metavar: "TOPIC", isRequired: true, help: "Produce messages to this topic." },
    {
      flag: "--max-messages",
      metavar: "MAX-MESSAGES",
      type: "Integer",
      default: "-1",
      help: "Produce this many messages. If -1, produce messages until the process is killed externally.",
    },
    {
      flag: "--throughput",
      metavar: "THROUGHPUT",
      type: "Integer",
      default: "-1",
      help: "If set >= 0, throttle maximum message throughput to *approximately* THROUGHPUT messages/sec.",
    },
    {
      flag: "--acks",
      metavar: "ACKS",
      type: "Integer",
      default: "-1",
      choices: ["0", "1", "-1"],
      help: "Acks required on each produced message. See Kafka docs on acks for details.",
    },
    {
      flag: "--producer.config",
      metavar: "CONFIG-FILE",
      help: "(DEPRECATED) Producer config properties file. This option will be removed in a future version. Use --command-config instead.",
    },
    {
      flag: "--message-create-time",
      metavar: "CREATE-TIME",
      type: "Long",
      default: "-1",
      help: "Send messages with creation time starting at the arguments value, in milliseconds since epoch",
    },
    {
      flag: "--value-prefix",
      metavar: "VALUE-PREFIX",
      type: "Integer",
      help: "If specified, each produced value will have this prefix with a dot separator",
    },
    {
      flag: "--repeating-keys",
      metavar: "REPEATING-KEYS",
      type: "Integer",
      help: "If specified, each produced record will have a key starting at 0 increment by 1 up to the number specified (exclusive), then the key is set to 0 again",
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
        metavar: BROKERS,
        help: "REQUIRED: The server(s) to connect to. Comma-separated list of Kafka brokers in the form HOST1:PORT1,HOST2:PORT2,...",
      },
    ],
  },
};

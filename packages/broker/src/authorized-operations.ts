/** Bit field of authorized operations where nobody asked for them. */
export const OPERATIONS_NOT_ASKED = -2_147_483_648;

const bits = (...operations: readonly number[]): number => operations.reduce((field, operation) => field | (1 << operation), 0);

/** Kafka's numbers of the operations that an access control list names. */
const [READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/** Without an authorizer everyone may do all that there is (KIP-430). */
export const TOPIC_OPERATIONS = bits(READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS);
export const GROUP_OPERATIONS = bits(READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS);
export const CLUSTER_OPERATIONS = bits(CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE);

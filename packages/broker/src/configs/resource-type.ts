/** What has configs, as requests number it. */
export const ResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;
export type ResourceType = (typeof ResourceType)[keyof typeof ResourceType];

const ALL: ReadonlySet<number> = new Set(Object.values(ResourceType));

export const isResourceType = (number: number): number is ResourceType => ALL.has(number);

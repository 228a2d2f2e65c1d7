export async function runSim(_args: readonly string[]): Promise<number> { return 2; }

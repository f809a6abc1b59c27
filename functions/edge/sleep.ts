/** Resolves after so many milliseconds. Tests hand in a clock of their own instead. */
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

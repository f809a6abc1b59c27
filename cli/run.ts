// Runs a command: a sentence for what a user can mend, a stack only for what is our fault.

import { HeadwaterError } from '../lib/errors/index.ts';

export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isUsers =
      error instanceof HeadwaterError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    console.error(isUsers ? (error as Error).message : error);
    process.exitCode = 1;
  }
}

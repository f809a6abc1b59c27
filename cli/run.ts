// Runs a command: a sentence for what a user can mend, a stack only for what is our fault. Options that there are not
// are answered with how the command is used.

import { HeadwaterError } from '../lib/errors/index.ts';

export async function run(main: () => Promise<void>, usage = ''): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isMistyped = (error as { code?: string } | null)?.code?.startsWith('ERR_PARSE_ARGS') ?? false;
    if (isMistyped) {
      // Node adds a hint about positional arguments, which no command of ours is helped by.
      const [sentence = ''] = (error as Error).message.split(/\.\s/);
      console.error(`${sentence.replace(/\.$/, '')}.\n\n${usage}`.trimEnd());
      process.exitCode = 2;
      return;
    }
    console.error(error instanceof HeadwaterError ? error.message : error);
    process.exitCode = 1;
  }
}

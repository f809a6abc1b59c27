// A thread that says that it is ready and ends at its first task, as one without memory does.

import process from 'node:process';
import { parentPort } from 'node:worker_threads';

parentPort!.postMessage({ answer: null });
parentPort!.once('message', () => process.exit(7));

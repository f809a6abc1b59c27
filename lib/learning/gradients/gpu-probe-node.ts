// A program of its own that names this machine's GPU: one line of JSON. Run by device-node.ts, which survives it.

import process from 'node:process';
import { adapterFacts, requestAdapter } from './webgpu-node.ts';

const adapter = await requestAdapter();
process.stdout.write(`${JSON.stringify({ gpu: adapter && adapterFacts(adapter) })}\n`, () => process.exit(0));

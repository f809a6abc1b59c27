import { describe } from 'vitest';
import { builds } from './node-testing.ts';
import { f32Suite } from './testing/f32-suite.ts';

describe.each(builds)('float32 and data-moving kernels, %s build', (_, module) => f32Suite(module));

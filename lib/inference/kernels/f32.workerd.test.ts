import { describe } from 'vitest';
import { f32Suite } from './testing/f32-suite.ts';
import { builds } from './workerd-testing.ts';

describe.each(builds)('float32 and data-moving kernels, %s build', (_, module) => f32Suite(module));

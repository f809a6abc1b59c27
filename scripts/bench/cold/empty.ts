// What a process and an isolate cost without any engine.

import { answer } from './answer.ts';

export default answer(async () => () => new Float32Array(1));

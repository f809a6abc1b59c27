// As the edge does it: the program made when the bundle was built, instantiated in global scope.

import program from '../../../build/backbone.program.safetensors';
import { kernelModule } from '../../../lib/inference/compile-workerd.ts';
import { instantiate, readProgram } from '../../../lib/inference/index.ts';
import { answer } from './answer.ts';

const plan = instantiate(readProgram(new Uint8Array(program)), kernelModule);

export default answer(async () => (picture) => plan.run(picture)[0]!);

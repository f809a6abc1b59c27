// The program of a thread: a model on a WebAssembly backend of its own, which computes one shard after another.

import { parentPort, workerData } from 'node:worker_threads';
import { createModel } from '../model/index.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { failure, type ThreadAnswer, type ThreadTask } from './gradient-messages.ts';
import { startWasmBackend } from './wasm-backend-node.ts';

const tell = (answer: ThreadAnswer) => parentPort!.postMessage(answer);

async function computing() {
  await startWasmBackend();
  const model = createModel(workerData as ModelSpec);
  return async (task: ThreadTask) => {
    const { inputs, labels, parameters, statistics } = task.shard;
    if (task.kind === 'logits') return model.logits(inputs, parameters, statistics);
    const {
      lossSum,
      right,
      gradients,
      statistics: means,
    } = await model.lossAndGradients(inputs, labels, parameters, statistics);
    task.gradients.set(gradients);
    return { lossSum, right, statistics: means };
  };
}

try {
  const compute = await computing();
  parentPort!.on('message', async (task: ThreadTask) => {
    try {
      tell({ answer: await compute(task) });
    } catch (error) {
      tell(failure(error));
    }
  });
  tell({ answer: null });
} catch (error) {
  tell(failure(error));
}

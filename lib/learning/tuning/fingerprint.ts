// What a training is, as a digest: two with the same go through the same states.

import { sha256, toJson } from '../../tensors/index.ts';
import type { TuneRequest } from './tune.ts';

export async function fingerprintOf(request: TuneRequest): Promise<string> {
  const { spec, inputs, engine, identity } = request;
  // How often it is saved changes nothing.
  const { checkpointSeconds: _, ...settings } = request.settings;
  const digests = [request.parameters, request.statistics, inputs.trainLabels, inputs.heldOutLabels].map(
    ({ buffer, byteOffset, byteLength }) =>
      sha256(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)),
  );
  const { slots, statisticsSlots, inputShape, output, classes, dims, loss, batchNorm } = spec;
  const facts = {
    identity,
    settings,
    device: engine.device.kind,
    model: {
      slots,
      statisticsSlots,
      inputShape,
      output,
      classes,
      dims,
      loss,
      batchNorm,
      ops: spec.graph.ops,
    },
    digests: await Promise.all(digests),
  };
  return sha256(toJson(facts));
}

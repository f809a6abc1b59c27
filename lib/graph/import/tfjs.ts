// A tfjs model, graph-model or layers-model → graph, recipe and taps.

import { type AssumedRange, finishImport, type Imported, type ImportOptions } from './imported.ts';
import { object } from './json.ts';
import { importGraphModel } from './tfjs-graph-model.ts';
import { importLayersModel } from './tfjs-layers-model.ts';

/** A model as its files hold it; `weights` is every weight file joined in the manifest's order. */
export interface TfjsModel {
  modelJson: unknown;
  weights: Uint8Array;
}

/** What tfjs's own models want where nothing is said. */
const minusOneToOne: AssumedRange = {
  mean: [127.5, 127.5, 127.5],
  scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
  words: 'pixel / 127.5 − 1',
};

/**
 * Imports a tfjs model. Weights keep the file's integers; constant factors and summands at the input move into
 * the recipe; taps are named.
 *
 * @throws HeadwaterError `unsupported-graph` (naming op and layer) or `invalid-file`
 *
 * @example const { graph, recipe } = importTfjs(await readNsfwjs('mobilenet_v2_mid'))
 */
export function importTfjs(model: TfjsModel, options: ImportOptions = {}): Imported {
  const json = object(model.modelJson, 'model.json');
  const topology = object(json.modelTopology, 'modelTopology');
  const layered = json.format === 'layers-model' || (json.format !== 'graph-model' && !topology.node);
  const { graph: raw, size } = layered
    ? importLayersModel(topology, json.weightsManifest, model.weights)
    : importGraphModel(json, model.weights);
  return finishImport(raw, size, options, minusOneToOne);
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importOnnx } from './onnx.ts';
import { decodeModel, modelType } from './onnx-schema.ts';
import { onnxModel } from './onnx-testing.ts';
import { readOnnx } from './read-onnx-node.ts';

describe('readOnnx', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const inside = onnxModel({ nodes: [['Conv', ['x', 'k'], 'y']], weights: { k: { shape: [2, 3, 1, 1] } } });
  /** The same model with its weights in a file called `location`; gives their bytes. */
  const outside = async (name: string, location: string): Promise<Uint8Array> => {
    const model = decodeModel(inside);
    const [kernel] = model.graph.initializer!;
    const { rawData, ...rest } = kernel!;
    model.graph.initializer = [
      { ...rest, dataLocation: 1, externalData: [{ key: 'location', value: location }] },
    ];
    await writeFile(join(folder, name), modelType.encode(model).finish());
    return rawData!;
  };

  it('reads a model, and the weights in a file beside it', async () => {
    await writeFile(join(folder, 'whole.onnx'), inside);
    await writeFile(join(folder, 'weights.bin'), await outside('split.onnx', './weights.bin'));
    const [whole, split] = await Promise.all(
      ['whole.onnx', 'split.onnx'].map((name) => readOnnx(join(folder, name))),
    );
    expect(whole!.external.size).toBe(0);
    const graphs = [whole!, split!].map(({ bytes, external }) => importOnnx(bytes, { external }).graph);
    expect(graphs[1]).toEqual(graphs[0]);
  });

  it.each(['../secret.bin', '/etc/hostname', 'a/../../b'])('refuses weights in %s', async (location) => {
    await outside('bad.onnx', location);
    await expect(readOnnx(join(folder, 'bad.onnx'))).rejects.toMatchObject({ type: 'invalid-file' });
  });

  it('says which file is missing, and which is no ONNX', async () => {
    await outside('lost.onnx', 'lost.bin');
    await expect(readOnnx(join(folder, 'lost.onnx'))).rejects.toThrow(/There is no file lost.bin/);
    await expect(readOnnx(join(folder, 'nowhere.onnx'))).rejects.toMatchObject({ type: 'not-found' });
    await expect(readOnnx(folder)).rejects.toMatchObject({ type: 'not-found' });
    await writeFile(join(folder, 'text.onnx'), 'hello');
    await expect(readOnnx(join(folder, 'text.onnx'))).rejects.toMatchObject({ type: 'invalid-file' });
  });
});

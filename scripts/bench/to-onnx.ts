// A folded MobileNet-like graph as an ONNX model, so that onnxruntime can be measured on exactly the weights that we
// run. Knows convolutions, additions, relu and relu6, and the mean at the end; nothing else, and says so.

import { modelType } from '../../lib/graph/import/onnx-schema.ts';
import { type Graph, inferShapes, type Op, resolvePadding, weightValues } from '../../lib/graph/index.ts';

const attributeType = { float: 1, int: 2, ints: 7 };
const float32 = 1;

/** `graph` read after `output` with a global mean behind it, for an input [1, 3, size, size]. */
export function toOnnx(graph: Graph, output: string, size: number): Uint8Array {
  const shapes = inferShapes(graph, size);
  const initializer: object[] = [];
  const node: object[] = [];

  function tensor(name: string, dims: number[], values: Float32Array): string {
    initializer.push({ name, dims, dataType: float32, rawData: new Uint8Array(values.slice().buffer) });
    return name;
  }

  function conv(op: Op): string {
    const kernel = graph.weights.get(op.weights.kernel!)!;
    const [kh, kw, cin, cout] = kernel.shape as [number, number, number, number];
    const values = weightValues(kernel);
    const turned = new Float32Array(values.length);
    for (let y = 0, at = 0; y < kh; y++)
      for (let x = 0; x < kw; x++)
        for (let i = 0; i < cin; i++)
          for (let o = 0; o < cout; o++, at++) turned[((o * cin + i) * kh + y) * kw + x] = values[at]!;
    const inputs = [op.inputs[0]!, tensor(`${op.name}.w`, [cout, cin, kh, kw], turned)];
    if (op.weights.bias)
      inputs.push(
        tensor(`${op.name}.b`, [cout], Float32Array.from(weightValues(graph.weights.get(op.weights.bias)!))),
      );
    const [height, width] = shapes.get(op.inputs[0]!) as [number, number, number];
    const pad = resolvePadding(op.attrs, [kh, kw], height, width);
    return push('Conv', op.name, inputs, {
      strides: op.attrs.stride ?? [1, 1],
      dilations: op.attrs.dilation ?? [1, 1],
      group: op.attrs.groups ?? 1,
      pads: [pad.top, pad.left, pad.bottom, pad.right],
    });
  }

  function push(
    opType: string,
    name: string,
    input: string[],
    attributes: Record<string, number | number[]> = {},
  ) {
    const attribute = Object.entries(attributes).map(([key, value]) =>
      Array.isArray(value)
        ? { name: key, ints: value, type: attributeType.ints }
        : { name: key, i: value, type: attributeType.int },
    );
    node.push({ opType, name, input, output: [name], attribute });
    return name;
  }

  for (const op of graph.ops) {
    const activation = op.op === 'activation' ? op.attrs.activation : op.attrs.activation;
    const plain = activation && op.op !== 'activation' ? `${op.name}.linear` : op.name;
    if (op.op === 'conv2d') conv({ ...op, name: plain });
    else if (op.op === 'add' && op.inputs.length === 2) push('Add', plain, op.inputs);
    else if (op.op !== 'activation') throw new Error(`to-onnx knows no ${op.op} (${op.name})`);
    if (!activation) continue;
    const before = op.op === 'activation' ? op.inputs[0]! : plain;
    if (activation === 'relu') push('Relu', op.name, [before]);
    else if (activation === 'relu6') {
      const bounds = [
        tensor(`${op.name}.0`, [], Float32Array.of(0)),
        tensor(`${op.name}.6`, [], Float32Array.of(6)),
      ];
      push('Clip', op.name, [before, ...bounds]);
    } else throw new Error(`to-onnx knows no ${activation} (${op.name})`);
  }
  push('GlobalAveragePool', 'code', [output]);
  const info = (name: string, dims: number[]) => ({
    name,
    type: { tensorType: { elemType: float32, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const channels = shapes.get(output)!.at(-1)!;
  return modelType
    .encode(
      modelType.create({
        irVersion: 8,
        opsetImport: [{ domain: '', version: 13 }],
        graph: {
          node,
          initializer,
          input: [info(graph.input.name, [1, 3, size, size])],
          output: [info('code', [1, channels, 1, 1])],
        },
      }),
    )
    .finish();
}

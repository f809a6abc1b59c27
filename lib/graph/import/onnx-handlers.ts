// ONNX operator → how it becomes ops of the graph. One that is not in the table is refused by name.

import { invalid } from '../problems.ts';
import type { OnnxContext, Value } from './onnx-context.ts';
import { activation, binary, clip, hardSigmoid, leakyRelu, sum } from './onnx-elementwise.ts';
import {
  concat,
  dropout,
  flatten,
  globalAveragePool,
  reduceMean,
  reshape,
  shape,
  slice,
  softmax,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from './onnx-joins.ts';
import { batchNorm, conv, gemm, lrn, matMul } from './onnx-layers.ts';
import { floatAttr, floatsAttr, intAttr, intsAttr, type Node, refuse, tensorAttr } from './onnx-nodes.ts';
import { type Constant, isFloat, readTensor, typeName } from './onnx-tensors.ts';
import { pad, pool } from './onnx-windows.ts';

export type Handler = (context: OnnxContext, node: Node) => Value | Value[];

export const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Add', binary],
  ['AveragePool', pool],
  ['BatchNormalization', batchNorm],
  ['Cast', cast],
  ['Clip', clip],
  ['Concat', concat],
  ['Constant', constant],
  ['Conv', conv],
  ['Div', binary],
  ['Dropout', dropout],
  ['Flatten', flatten],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['HardSigmoid', hardSigmoid],
  ['HardSwish', activation('hardSwish')],
  ['Identity', (context, node) => context.view(node, 0)],
  ['LRN', lrn],
  ['LeakyRelu', leakyRelu],
  ['MatMul', matMul],
  ['MaxPool', pool],
  ['Mul', binary],
  ['Pad', pad],
  ['ReduceMean', reduceMean],
  ['Relu', activation('relu')],
  ['Reshape', reshape],
  ['Shape', shape],
  ['Sigmoid', activation('sigmoid')],
  ['Slice', slice],
  ['Softmax', softmax],
  ['Split', split],
  ['Squeeze', squeeze],
  ['Sub', binary],
  ['Sum', sum],
  ['Tanh', activation('tanh')],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
]);

/** Between kinds of floating-point numbers, which all are float32 here. */
function cast(context: OnnxContext, node: Node): Value {
  const to = intAttr(node, 'to', 0);
  if (!isFloat(to))
    throw refuse(node, `turns computed values into ${typeName(to)}; only floats are supported.`);
  return context.view(node, 0);
}

function constant(context: OnnxContext, node: Node): Value {
  const name = node.outputs[0]!;
  const tensor = tensorAttr(node, 'value');
  if (tensor) return readTensor(tensor, name);
  const whole = node.attributes.has('value_int')
    ? [intAttr(node, 'value_int', 0)]
    : intsAttr(node, 'value_ints');
  const real = node.attributes.has('value_float')
    ? [floatAttr(node, 'value_float', 0)]
    : floatsAttr(node, 'value_floats');
  if (!whole && !real) throw invalid(`${node.where} has no value.`);
  const values = whole ? Float64Array.from(whole) : Float32Array.from(real!);
  const scalar = node.attributes.has('value_int') || node.attributes.has('value_float');
  context.spend(values.length);
  const made: Constant = {
    kind: 'constant',
    name,
    shape: scalar ? [] : [values.length],
    values,
    integer: Boolean(whole),
  };
  return made;
}

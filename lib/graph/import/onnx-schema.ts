// ONNX's protobuf messages, as far as a ConvNet's inference needs them. Field numbers are the public schema's.
// Two liberties: packed numbers are read as the bytes that they are on the wire, so that a million weights do not
// become a million JavaScript objects; and sub-graphs (If, Loop) are not read at all, so nothing nests.

import protobuf from 'protobufjs/light.js';
import { HeadwaterError } from '../../errors/index.ts';
import { invalid, unsupported } from '../problems.ts';

export interface OnnxTensor {
  dims?: Int[];
  dataType?: number;
  /** Packed values by type of storage, in pieces that follow each other. */
  floatData?: Uint8Array[];
  int32Data?: Uint8Array[];
  int64Data?: Uint8Array[];
  doubleData?: Uint8Array[];
  uint64Data?: Uint8Array[];
  name?: string;
  rawData?: Uint8Array;
  externalData?: OnnxEntry[];
  /** 1: the values lie in another file. */
  dataLocation?: number;
}
export interface OnnxAttribute {
  name?: string;
  f?: number;
  i?: Int;
  s?: Uint8Array;
  t?: OnnxTensor;
  floats?: number[];
  ints?: Int[];
  type?: number;
  refAttrName?: string;
}
export interface OnnxNode {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  domain?: string;
  attribute?: OnnxAttribute[];
}
export interface OnnxValueInfo {
  name?: string;
  type?: {
    tensorType?: {
      elemType?: number;
      shape?: { dim?: { dimValue?: Int; dimParam?: string }[] };
    };
  };
}
export interface OnnxGraph {
  node?: OnnxNode[];
  initializer?: OnnxTensor[];
  sparseInitializer?: unknown[];
  input?: OnnxValueInfo[];
  output?: OnnxValueInfo[];
}
export interface OnnxEntry {
  key?: string;
  value?: string;
}
export interface OnnxModel {
  irVersion?: Int;
  producerName?: string;
  graph?: OnnxGraph;
  opsetImport?: { domain?: string; version?: Int }[];
  metadataProps?: OnnxEntry[];
}
/** A 64-bit integer as protobufjs gives it, with or without the package `long`. */
export type Int = number | { toNumber(): number };

/** A 64-bit integer as a number; beyond 2^53, which only "to the end" reaches, it is rounded. */
export const toNumber = (value: Int): number => (typeof value === 'number' ? value : value.toNumber());

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('OperatorSet', 8),
        metadataProps: many('Entry', 14),
      },
    },
    OperatorSet: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Entry: { fields: { key: one('string', 1), value: one('string', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        initializer: many('Tensor', 5),
        input: many('ValueInfo', 11),
        output: many('ValueInfo', 12),
        sparseInitializer: many('bytes', 15),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('Tensor', 5),
        floats: many('float', 7),
        ints: many('int64', 8),
        type: one('int32', 20),
        refAttrName: one('string', 21),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        floatData: many('bytes', 4),
        int32Data: many('bytes', 5),
        int64Data: many('bytes', 7),
        name: one('string', 8),
        rawData: one('bytes', 9),
        doubleData: many('bytes', 10),
        uint64Data: many('bytes', 11),
        externalData: many('Entry', 13),
        dataLocation: one('int32', 14),
      },
    },
    ValueInfo: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
});

root.resolveAll();
/** The message type of a whole file, for who wants to write one. */
export const modelType = root.lookupType('Model');

/** Most fields of all messages together. A field of two bytes becomes an object of a hundred, so this bounds memory;
 *  the largest ConvNets have some ten thousand. */
const maxFields = 2_000_000;

/**
 * A file's bytes as messages. Strings and numbers are as the file has them; nothing is checked yet but that it is
 * protobuf with a graph in it.
 *
 * @throws HeadwaterError `invalid-file`
 */
export function decodeModel(bytes: Uint8Array): OnnxModel & { graph: OnnxGraph } {
  let model: OnnxModel;
  try {
    if (fieldsLeft(modelType, protobuf.Reader.create(bytes), bytes.length, maxFields) < 0)
      throw unsupported(`The file has more than ${maxFields} fields; no ConvNet has.`);
    model = modelType.decode(bytes) as OnnxModel;
  } catch (error) {
    if (error instanceof HeadwaterError) throw error;
    throw invalid('The file is not ONNX, or is cut short: its bytes are no protobuf message.');
  }
  const { graph } = model;
  if (!graph) throw invalid('The file holds no ONNX graph. Export the model again.');
  return { ...model, graph };
}

/** What is left of a number of fields after those up to `end` have been counted; negative as soon as none are. */
function fieldsLeft(type: protobuf.Type, reader: protobuf.Reader, end: number, budget: number): number {
  let left = budget;
  while (reader.pos < end && left >= 0) {
    const tag = reader.uint32();
    left--;
    if ((tag & 7) !== 2) {
      reader.skipType(tag & 7);
      continue;
    }
    const length = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (field?.resolvedType instanceof protobuf.Type)
      left = fieldsLeft(field.resolvedType, reader, reader.pos + length, left);
    else {
      // Packed numbers take a byte each at least.
      if (field?.repeated && field.type !== 'bytes' && field.type !== 'string') left -= length;
      reader.skip(length);
    }
  }
  return left;
}

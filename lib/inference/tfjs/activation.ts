// Activation functions as closures. relu, relu6, sigmoid and leakyRelu also run inside a convolution kernel.

import type { ActivationKind, OpAttrs } from '../../graph/index.ts';
import { type Closure, type Constants, chain, kernel } from './kernel.ts';

/** tfjs's names of the activations that its fused convolutions compute. */
const fusable: Partial<Record<ActivationKind, string>> = {
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
  leakyRelu: 'leakyrelu',
};

/** The name under which a fused kernel computes `activation`; undefined if none does. */
export function fusedName(activation: ActivationKind | undefined): string | undefined {
  return activation === undefined ? 'linear' : fusable[activation];
}

/** The slope of leakyRelu below zero where the graph gives none. */
export const leakyReluSlope = 0.01;

/**
 * `attrs.activation` as a closure: swish(x) = x · σ(x), hardSigmoid(x) = relu6(x + 3) / 6,
 * hardSwish(x) = x · hardSigmoid(x).
 */
export function activation(attrs: OpAttrs, constants: Constants): Closure {
  switch (attrs.activation!) {
    case 'relu':
      return ([x]) => kernel('Relu', { x: x! });
    case 'relu6':
      return ([x]) => kernel('Relu6', { x: x! });
    case 'sigmoid':
      return ([x]) => kernel('Sigmoid', { x: x! });
    case 'tanh':
      return ([x]) => kernel('Tanh', { x: x! });
    case 'leakyRelu':
      return ([x]) => kernel('LeakyRelu', { x: x! }, { alpha: attrs.alpha ?? leakyReluSlope });
    case 'swish':
      return gate(([x]) => kernel('Sigmoid', { x: x! }));
    case 'hardSigmoid':
      return hardSigmoid(constants);
    case 'hardSwish':
      return gate(hardSigmoid(constants));
  }
}

/** x · f(x) */
function gate(f: Closure): Closure {
  return ([x]) => {
    const y = f([x!]);
    const product = kernel('Multiply', { a: x!, b: y });
    y.dispose();
    return product;
  };
}

function hardSigmoid(constants: Constants): Closure {
  const three = constants.add(new Float32Array([3]), [1, 1, 1, 1]);
  const sixth = constants.add(new Float32Array([1 / 6]), [1, 1, 1, 1]);
  return chain(
    ([x]) => kernel('Add', { a: x!, b: three }),
    ([x]) => kernel('Relu6', { x: x! }),
    ([x]) => kernel('Multiply', { a: x!, b: sixth }),
  );
}

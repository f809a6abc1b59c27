// Gradient clipping by the global norm (Pascanu, Mikolov & Bengio 2013): one odd batch must not throw the weights away.

/**
 * What gradients are to be multiplied by so that their length is at most `maxNorm`; 1 if it is.
 *
 * NaN or infinite where a gradient is: the caller ends the training then.
 */
export function clipFactor(gradients: Float32Array, maxNorm: number): number {
  let squares = 0;
  for (let i = 0; i < gradients.length; i++) squares += gradients[i]! * gradients[i]!;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) return Number.NaN;
  return norm > maxNorm ? maxNorm / norm : 1;
}

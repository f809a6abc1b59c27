// Linear algebra in workerd, which compiles no bytes: the bundler hands the module over as a static import.

import module from '../../build/linalg.wasm';
import { createLinalg, type Linalg } from './linalg.ts';

/** The SIMD kernels, on the module that is part of the bundle. */
export function loadLinalg(): Linalg {
  return createLinalg(module);
}

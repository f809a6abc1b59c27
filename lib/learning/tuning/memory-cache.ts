// An ArrayCache that forgets when the process ends: for sets that fit, and for tests.

import type { ArrayCache } from './inputs.ts';

export function memoryCache(): ArrayCache {
  const arrays = new Map<string, Float32Array>();
  return {
    get: async (key) => arrays.get(key),
    async put(key, values) {
      arrays.set(key, values);
    },
    async clear() {
      arrays.clear();
    },
  };
}

// The memory of the module: it holds one picture at a time, so that what a picture needs is allocated upwards and
// given back all at once. Nothing here is cleared: whoever allocates writes before reading.

const alignment: usize = 16;
const pageShift: usize = 16;

let top: usize = (__heap_base + alignment - 1) & ~(alignment - 1);

/** Gives back everything that was allocated. */
export function release(): void {
  top = (__heap_base + alignment - 1) & ~(alignment - 1);
}

/** The address of `bytes` new bytes, a multiple of 16, or 0 if the memory's ceiling is reached. Never zeroed. */
export function allocate(bytes: usize): usize {
  const address = top;
  const end = (address + bytes + alignment - 1) & ~(alignment - 1);
  if (end < address) return 0;
  const pages = <i32>((end + (1 << pageShift) - 1) >> pageShift);
  const missing = pages - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  top = end;
  return address;
}

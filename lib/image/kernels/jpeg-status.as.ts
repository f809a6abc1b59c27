// What went wrong with a JPEG, as a number that lib/image/jpeg-decoder.ts turns into a sentence. The first failure
// counts; every loop of the decoder ends soon after it.

/** The entropy-coded data is not what its tables and headers say, or stops too early. */
export const damagedData: i32 = 1;
/** A segment that describes the picture is malformed, missing, or contradicts another. */
export const damagedHeaders: i32 = 2;
/** The picture is not the one that was checked beforehand, or larger than any that is decoded. */
export const otherPicture: i32 = 3;
/** The memory's ceiling is reached. */
export const noMemory: i32 = 4;
/** Its scans would take more work than any camera's. */
export const tooMuchWork: i32 = 5;

export let status: i32 = 0;

export function clearStatus(): void {
  status = 0;
}

/** Notes a failure, unless there was one before. */
export function fail(why: i32): void {
  if (!status) status = why;
}

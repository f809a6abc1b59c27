// Arithmetics: in which numbers codes are made, and what was measured of each.

import { z } from 'zod';

/** How codes are computed unless a code space says otherwise. */
export const ArithmeticSchema = z.enum(['float32', 'int16', 'int8']);
export const IntegerArithmeticSchema = z.enum(['int16', 'int8']);

const share = z.number().min(-1).max(1);
const count = z.int().min(0);

/** Heads on codes of an arithmetic beside heads on float32 codes: the same examples, each judged by a head that had not
 *  seen it. */
export const ProbeFiguresSchema = z.object({
  examples: count,
  right: count,
  rightFloat32: count,
  /** Examples that only this arithmetic's head named right, and only that of float32. */
  onlyThis: count,
  onlyFloat32: count,
  /** How probable so many losses or more among those are by chance (sign test, exact, one-sided). */
  lossByChance: z.number().min(0).max(1),
});
export type ProbeFigures = z.infer<typeof ProbeFiguresSchema>;

/** Codes of an arithmetic beside float32's, on pictures that its ranges were not measured on. */
export const ArithmeticFiguresSchema = z.object({
  /** Alias of the tap. */
  tap: z.string().min(1).max(1024),
  pictures: count,
  cosineMean: share,
  cosineWorst: share,
  /** Mean length of the difference, as a share of the code's. */
  relativeError: z.number().min(0),
  probe: ProbeFiguresSchema.optional(),
});
export type ArithmeticFigures = z.infer<typeof ArithmeticFiguresSchema>;

/** By arithmetic; float32 is what the others are measured against. */
export const AllFiguresSchema = z.partialRecord(IntegerArithmeticSchema, ArithmeticFiguresSchema);
export type AllFigures = z.infer<typeof AllFiguresSchema>;

/** Parts of a quantisation file's metadata: an op's name, perhaps with `:pre` behind it; kernels by arithmetic. */
export const QuantisedNamesSchema = z.array(z.string().min(1).max(1104)).max(40_000);
export const QuantisedKernelsSchema = z.partialRecord(IntegerArithmeticSchema, z.string().min(1).max(64));

// Reading JSON that somebody else wrote: every access says what it expects and where.

import { invalid } from '../problems.ts';

export type Json = Record<string, unknown>;

export function object(value: unknown, where: string): Json {
  if (value && typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw invalid(`${where} is missing, or not an object.`);
}

export function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`${where} is missing, or not a list.`);
}

export function text(value: unknown, where: string): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 1024) return value;
  throw invalid(`${where} is missing, or not a text of 1 to 1024 characters.`);
}

export function number(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(`${where} is missing, or not a number.`);
}

/** A number, or one written as text, as TensorFlow's JSON writes 64-bit integers. */
export function numeric(value: unknown, where: string): number {
  return number(typeof value === 'string' && value.trim() ? Number(value) : value, where);
}

/** A shape: whole numbers from 0; `-1` and null only where `open` allows them, as -1. */
export function shape(value: unknown, where: string, open = false): number[] {
  return list(value, where).map((n) => {
    const side = n === null && open ? -1 : n;
    if (Number.isSafeInteger(side) && (side as number) >= (open ? -1 : 0)) return side as number;
    throw invalid(`${where} is not a shape.`);
  });
}

/** Two whole numbers, or one that counts for both. */
export function pair(value: unknown, where: string): [number, number] {
  const both = Array.isArray(value) ? value : [value, value];
  if (both.length !== 2) throw invalid(`${where} is not a pair of numbers.`);
  return [number(both[0], where), number(both[1], where)];
}

/** A value in a sentence. Not String(): a hostile object may have no usable toString. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}

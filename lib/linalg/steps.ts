// Long work as a generator: it hands control back between its parts, and whoever runs it decides what happens there.

/** Work whose yields mean nothing. */
export type Steps<T> = Generator<unknown, T>;

/** Runs a part of other work, and tells of each of its steps in the words of the whole. */
export function* relay<Step, T>(
  steps: Generator<Step, T>,
  tell: (step: Step) => number,
): Generator<number, T> {
  let step = steps.next();
  for (; !step.done; step = steps.next()) yield tell(step.value);
  return step.value;
}

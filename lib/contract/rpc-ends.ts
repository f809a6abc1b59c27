// What control offers to the edge about the end of things: seeing examples, erasing a person, deleting heads,
// versions and datasets, collecting garbage.

import type { ErasedData, ExamplesQueryData, GarbageData, GarbageRequestData } from './http-lists.ts';
import type { ExampleRow, Result } from './rpc.ts';

/** How far the deletion of a dataset has come. */
export interface DatasetEnd {
  done: boolean;
  /** Objects deleted so far. */
  deleted: number;
}

export interface EndsRpc {
  /** Examples by digest, after the query's cursor; `more` if there are others behind them. */
  examples(dataset: string, query: ExamplesQueryData): Promise<Result<{ rows: ExampleRow[]; more: boolean }>>;
  eraseSubject(dataset: string, subject: string): Promise<Result<ErasedData>>;
  deleteHead(head: string): Promise<Result<null>>;
  deleteVersion(head: string, version: number): Promise<Result<null>>;
  deleteDataset(dataset: string): Promise<Result<DatasetEnd>>;
  /** @param keepSpaces digests of code spaces that are needed whatever the heads say */
  collectGarbage(
    dataset: string,
    request: GarbageRequestData,
    keepSpaces: string[],
  ): Promise<Result<GarbageData>>;
}

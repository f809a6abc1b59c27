// The part of the Workers runtime's types that we use. The full set collides with Node's and the DOM's, which
// the rest of the project needs; these few lines don't.

declare module 'cloudflare:workers' {
  /** A Worker's bindings, for tests inside workerd. */
  export const env: unknown;

  /** Lets work of the present request go on when its client has gone or its answer is out. */
  export function waitUntil(work: Promise<unknown>): void;

  export interface ExecutionContextLike {
    waitUntil(work: Promise<unknown>): void;
  }

  export interface DurableObjectStorageLike {
    sql: {
      exec(
        query: string,
        ...bindings: unknown[]
      ): { toArray(): Record<string, string | number | null | ArrayBuffer>[] };
    };
    transactionSync<T>(work: () => T): T;
    getAlarm(): Promise<number | null>;
    setAlarm(at: number): Promise<void>;
    sync(): Promise<void>;
  }

  export interface DurableObjectStateLike extends ExecutionContextLike {
    storage: DurableObjectStorageLike;
    blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
  }

  export abstract class DurableObject<Env = unknown> {
    protected ctx: DurableObjectStateLike;
    protected env: Env;
    constructor(ctx: DurableObjectStateLike, env: Env);
    alarm?(): Promise<void>;
  }

  export abstract class WorkerEntrypoint<Env = unknown> {
    protected ctx: ExecutionContextLike;
    protected env: Env;
    fetch?(request: Request): Promise<Response> | Response;
  }
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*.safetensors' {
  const bytes: ArrayBuffer;
  export default bytes;
}

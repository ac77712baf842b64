// Calls of ports as a test sees them: whether one is still open, which are to fail, and the silence after a death.

/** Of a process: when it is over, nothing that it asks for is done, and it gets no answers. */
export interface Life {
  isOver: boolean;
}

export const IMMORTAL: Life = { isOver: false };

export interface WatchedCalls {
  /** The same store; its calls are counted. */
  watch<Store extends object>(store: Store, life: Life): Store;
  isOpen(): boolean;
  breakNext(method: string, test?: (argument: unknown) => boolean): void;
}

export function watchCalls(): WatchedCalls {
  let open = 0;
  let breaks: { readonly method: string; readonly test: (argument: unknown) => boolean }[] = [];

  async function call(
    target: object,
    method: string,
    { parameters, life }: { readonly parameters: unknown[]; readonly life: Life },
  ): Promise<unknown> {
    if (life.isOver) return new Promise(() => {});
    const broken = breaks.find((one) => one.method === method && one.test(parameters[0]));
    if (broken) {
      breaks = breaks.filter((one) => one !== broken);
      throw new Error(`${method} is out of order`);
    }
    open += 1;
    try {
      const result = await Reflect.apply(Reflect.get(target, method), target, parameters);
      return life.isOver ? new Promise(() => {}) : result;
    } finally {
      open -= 1;
    }
  }

  return {
    watch: (store, life) =>
      new Proxy(store, {
        get: (target, method) =>
          typeof method === "string"
            ? (...parameters: unknown[]) => call(target, method, { parameters, life })
            : undefined,
      }),
    isOpen: () => open > 0,
    breakNext(method, test = () => true) {
      breaks.push({ method, test });
    },
  };
}

// Counts the calls of stores that are not answered yet: while there are some, time stands still.
import type { Metadata } from "../../ports/metadata.ts";

export interface OpenCalls {
  /** The same metadata; the calls of its stores are counted. */
  watchStores(metadata: Metadata): Metadata;
  isOpen(): boolean;
}

export function countOpenCalls(): OpenCalls {
  let open = 0;

  async function call(target: object, member: string, parameters: unknown[]): Promise<unknown> {
    open += 1;
    try {
      return await Reflect.apply(Reflect.get(target, member), target, parameters);
    } finally {
      open -= 1;
    }
  }

  function watch(store: object): object {
    const methods = new Map<string, (...parameters: unknown[]) => Promise<unknown>>();
    return new Proxy(store, {
      get(target, member) {
        if (typeof member !== "string") return undefined;
        let method = methods.get(member);
        if (!method) {
          method = (...parameters) => call(target, member, parameters);
          methods.set(member, method);
        }
        return method;
      },
    });
  }

  return {
    watchStores(metadata) {
      const stores = new Map<string | symbol, object>();
      return new Proxy(metadata, {
        get(target, name, receiver) {
          let store = stores.get(name);
          if (!store) {
            const found: unknown = Reflect.get(target, name, receiver);
            if (typeof found !== "object" || found === null) return found;
            store = watch(found);
            stores.set(name, store);
          }
          return store;
        },
      });
    },
    isOpen: () => open > 0,
  };
}

/** A value that may be replaced as a whole while a service runs: the configuration after a reload. */
export interface Live<T> {
  readonly current: T
  /** Called after every replacement, with the new value. */
  subscribe(listener: (value: T) => void): Disposable
}

/** A value that stays. */
export function fixed<T>(value: T): Live<T> {
  return { current: value, subscribe: () => ({ [Symbol.dispose]: () => undefined }) }
}

import { randomBytes } from 'node:crypto'

/** A source of unpredictable bytes, as a parameter. */
export type RandomBytes = (size: number) => Buffer

export const systemRandom: RandomBytes = (size) => randomBytes(size)

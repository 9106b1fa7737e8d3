import type { Header__Input as HeaderInput, Header } from '../gen/postern/authorize/v1/Header.ts'
import type { HeaderPair } from '../vocabulary/check.ts'

/** Header values are bytes on the wire; here they are Latin-1 strings, one char per byte, as Node has them. */
export function encodeHeader(name: string, value: string): HeaderInput {
  return { name, value: Buffer.from(value, 'latin1') }
}

/** The pair a header message stands for. */
export function decodeHeader(message: Header): HeaderPair {
  return [message.name, message.value.toString('latin1')]
}

// RFC 9110, sections 5.1 and 5.5: a token, and no byte that ends a line or a string.
const headerName = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
const forbiddenInValue = /[\0-\x08\n-\x1f\x7f]/

/** Whether this can be written into a request as it is. */
export function isWritableHeader([name, value]: HeaderPair): boolean {
  return headerName.test(name) && !forbiddenInValue.test(value)
}

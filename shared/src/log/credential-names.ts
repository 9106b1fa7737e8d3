const credential = /authori[sz]ation|cookie|token|secret|passw|credential|assertion|signature|api[-_]?key/i

/** Whether a header or parameter of this name may hold something with which a reader of the log could pass for somebody else. */
export function mayHoldCredential(name: string): boolean {
  return credential.test(name)
}

/**
 * Lower case for ASCII letters only. Unicode case folding would turn the Kelvin sign into `k`, and so let an address
 * of somebody else's domain pass for one of ours.
 */
export function foldCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : text
}

/** What follows the `@`. An address with no `@`, or with several, belongs to no domain. */
export function domainOf(email: string): string {
  const at = email.indexOf('@')
  return at > 0 && at === email.lastIndexOf('@') ? email.slice(at + 1) : ''
}

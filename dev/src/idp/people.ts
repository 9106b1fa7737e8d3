/** Somebody who can sign in at the local identity provider. */
export interface Person {
  /** The `sub` claim. */
  readonly id: string
  readonly name: string
  readonly email: string
  readonly groups: readonly string[]
  /** What to expect, on the sign-in page. */
  readonly note: string
}

export const ada: Person = {
  id: 'user-ada',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  groups: ['engineering'],
  note: 'the policy lets her in',
}

export const mallory: Person = {
  id: 'user-mallory',
  name: 'Mallory Stranger',
  email: 'mallory@elsewhere.test',
  groups: [],
  note: 'the policy says no',
}

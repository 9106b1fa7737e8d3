/** The known name that `typed` was probably meant to be, if one is at most `limit` letters away. */
export function closest(
  typed: string,
  known: Iterable<string>,
  limit = typed.length <= 4 ? 1 : typed.length <= 9 ? 2 : 3,
): string | undefined {
  let best: string | undefined
  let bestDistance = limit + 1
  for (const name of known) {
    if (typed.length >= 3 && name.startsWith(typed)) return name
    if (Math.abs(name.length - typed.length) >= bestDistance) continue
    const distance = editDistance(typed.toLowerCase().replaceAll('-', '_'), name.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [name, distance]
  }
  return best
}

/** ` Did you mean "email"?`, or nothing. */
export function didYouMean(typed: string, known: Iterable<string>): string {
  const name = closest(typed, known)
  return name === undefined ? '' : `; did you mean "${name}"?`
}

/** Insertions, deletions, replacements and swaps of neighbours each count one. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.MAX_SAFE_INTEGER
}

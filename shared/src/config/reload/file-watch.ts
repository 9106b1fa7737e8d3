import { readlinkSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { basename, dirname, join, parse, resolve, sep } from 'node:path'

/** As many links in one path as Linux follows. */
const mostLinks = 40

/**
 * Tells when one of some files may have changed, without polling. It watches the files, the directories that they are in
 * and every directory in which a link on the way to them stands: so it sees a write in place, an editor that renames a new
 * file over the old one, and Kubernetes, which swaps the link `..data`. What it cannot see (a network file system, the
 * other side of a bind mount) needs a look at the content now and then.
 */
export class FileWatch implements Disposable {
  readonly #changed: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #places: ReadonlyMap<string, ReadonlySet<string> | 'all'> = new Map()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Watches these from now on, and where they lead to today. */
  follow(files: Iterable<string>): void {
    this.#places = placesOf(files)
    for (const [place, watcher] of this.#watchers) {
      watcher.close() // its inode may be another one by now
      this.#watchers.delete(place)
    }
    for (const place of this.#places.keys()) this.#watch(place)
  }

  [Symbol.dispose](): void {
    this.#places = new Map()
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #watch(place: string): void {
    try {
      const watcher = watch(place, { persistent: false }, (_event, name) => {
        const names = this.#places.get(place)
        if (names === 'all' || name === null || names?.has(name) === true) this.#changed()
      })
      watcher.on('error', () => watcher.close())
      this.#watchers.set(place, watcher)
    } catch {
      // not there, not readable, or no watches left: the look now and then has to do
    }
  }
}

/** What to watch: directories, with the names in them that matter, and files. */
function placesOf(files: Iterable<string>): ReadonlyMap<string, ReadonlySet<string> | 'all'> {
  const places = new Map<string, Set<string> | 'all'>()
  const add = (path: string): void => {
    const names = places.get(dirname(path)) ?? new Set()
    if (names !== 'all') places.set(dirname(path), names.add(basename(path)))
  }
  for (const file of files) {
    const { target, links } = followLinks(resolve(file))
    for (const link of links) add(link)
    add(target)
    places.set(target, 'all')
  }
  return places
}

/** Where a path leads to, and every link on the way. */
function followLinks(path: string): { readonly target: string; readonly links: readonly string[] } {
  const links: string[] = []
  let current = parse(path).root
  let rest = path.slice(current.length).split(sep)
  for (let step = rest.shift(); step !== undefined; step = rest.shift()) {
    const next = join(current, step)
    const link = links.length < mostLinks ? readLink(next) : undefined
    if (link === undefined) {
      current = next
      continue
    }
    links.push(next)
    const target = resolve(current, link)
    current = parse(target).root
    rest = [...target.slice(current.length).split(sep), ...rest]
  }
  return { target: current, links }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // no link, or not there
  }
}

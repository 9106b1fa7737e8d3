import type { Members } from './members.ts'

/** Big-endian 32-bit words: one for IPv4, four for IPv6. An IPv4-mapped IPv6 address is the IPv4 address. */
export type IpAddress = readonly number[]

export interface IpNetwork {
  readonly words: IpAddress
  readonly prefixLength: number
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)
const hexGroup = /^[0-9a-f]{1,4}$/i

/** Reads an IPv4 or IPv6 address. A zone (`fe80::1%eth0`) is left out: it says nothing about the peer. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipv4.test(text)) return [ipv4Word(text)]
  const zone = text.indexOf('%')
  const words = parseIpv6(zone > 0 ? text.slice(0, zone) : text)
  return words && isMapped(words) ? words.slice(3) : words
}

/** Reads an address or a CIDR block. Bits beyond the prefix must be zero, or it is not clear what was meant. */
export function parseNetwork(text: string): IpNetwork | string {
  const [addressText, prefixText, ...rest] = text.split('/')
  const words = addressText === undefined || addressText.includes('%') ? undefined : parseAddress(addressText)
  if (words === undefined || addressText === undefined || rest.length > 0) return 'is no IP address and no CIDR block'
  if (prefixText === undefined) return { words, prefixLength: words.length * 32 }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText)) return 'has no valid prefix length after the slash'
  // `::ffff:10.0.0.0/104` is the IPv4 block 10.0.0.0/8.
  const mapped = words.length === 1 && addressText.includes(':')
  const prefixLength = Number(prefixText) - (mapped ? 96 : 0)
  if (prefixLength < 0 || prefixLength > words.length * 32) return 'has a prefix length that does not fit the address'
  const network = { words: maskWords(words, prefixLength), prefixLength }
  if (!network.words.every((word, index) => word === words[index])) {
    return `has bits set beyond /${prefixText}; write the first address of the block`
  }
  return network
}

export function isInNetwork(address: IpAddress, network: IpNetwork): boolean {
  if (address.length !== network.words.length) return false
  return network.words.every((word, index) => masked(address[index] ?? 0, index, network.prefixLength) === word)
}

/** All networks that an address is in. A network is among them exactly when the address is in it. */
export function networksOf(address: IpAddress): Members {
  const bits = address.length * 32
  return {
    size: bits + 1,
    *values() {
      for (let length = 0; length <= bits; length += 1)
        yield networkKey({ words: maskWords(address, length), prefixLength: length })
    },
    has: (key) => {
      const length = Number(String(key).split('/')[1])
      return length <= bits && networkKey({ words: maskWords(address, length), prefixLength: length }) === key
    },
  }
}

/** One text for one network. */
export function networkKey({ words, prefixLength }: IpNetwork): string {
  return `${words.join('.')}/${String(prefixLength)}`
}

function maskWords(words: IpAddress, prefixLength: number): IpAddress {
  return words.map((word, index) => masked(word, index, prefixLength))
}

function masked(word: number, index: number, prefixLength: number): number {
  const bits = Math.min(32, Math.max(0, prefixLength - index * 32))
  return bits === 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, part) => word * 256 + Number(part), 0)
}

function isMapped(words: IpAddress): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}

/** RFC 4291 section 2.2: eight groups, one run of zeroes left out as `::`, the last two groups perhaps dotted. */
function parseIpv6(text: string): IpAddress | undefined {
  const halves = withoutDots(text)?.split('::')
  if (halves === undefined || halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => hexGroup.test(group))) return undefined
  const numbers = groups.map((group) => Number.parseInt(group, 16))
  return [0, 2, 4, 6].map((index) => (numbers[index] ?? 0) * 0x10000 + (numbers[index + 1] ?? 0))
}

function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text
  const last = text.lastIndexOf(':')
  const dotted = text.slice(last + 1)
  if (last < 0 || !ipv4.test(dotted)) return undefined
  const word = ipv4Word(dotted)
  return `${text.slice(0, last + 1)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`
}

/** WebSocket close codes (RFC 6455 §7.4.1). */
export const closeCodes = { goingAway: 1001, policyViolation: 1008 } as const

/** An unmasked, empty close frame as a server sends it (RFC 6455 §5.5.1). */
export function closeFrame(code: number): Buffer {
  return Buffer.from([0x88, 0x02, code >> 8, code & 0xff])
}

/** A cell of several lines. */
export type Cell = readonly string[]

/** Columns as wide as they need, a rule under the header, cells of several lines, no line ending in spaces. */
export function formatTable(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const body = rows.flatMap((row) => {
    const height = Math.max(1, ...row.map((cell) => cell.length))
    return Array.from({ length: height }, (_, index) =>
      line(header.map((_title, column) => row[column]?.[index] ?? '')),
    )
  })
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...body].join('\n')
}

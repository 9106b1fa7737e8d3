/** Text that is safe in HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
}

/** A whole page in the look that all stand-ins share. `title` is text; `body` is HTML, already escaped where needed. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --ink: #1b2330; --quiet: #5b6675; --paper: #f4f6f9; --card: #fff; --line: #dde3ea;
  --brand: #2a5bd7; --good: #137a4b; --good-back: #e6f5ed; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --quiet: #9aa6b6; --paper: #12161d; --card: #1b212b;
  --line: #2d3644; --brand: #8fb0ff; --good: #6fd3a3; --good-back: #14322a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 34rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: clamp(1.25rem, 5vw, 2.25rem); box-shadow: 0 10px 30px rgb(0 0 0 / .06); }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.2; }
main > :last-child { margin-bottom: 0; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: .25rem 0 1rem; }
.quiet { color: var(--quiet); }
.badge { display: inline-block; padding: .15rem .6rem; border-radius: .8rem; font-size: .875rem; font-weight: 600;
  background: var(--good-back); color: var(--good); }
.bad { color: var(--bad); background: none; border: 1px solid currentColor; }
dl { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .35rem 1rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
a { color: var(--brand); }
.person { display: flex; gap: .9rem; align-items: center; width: 100%; margin: .6rem 0; padding: .8rem 1rem; font: inherit;
  text-align: left; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  cursor: pointer; }
.person:hover, .person:focus-visible { border-color: var(--brand); outline: 2px solid var(--brand); outline-offset: -1px; }
.face { flex: none; width: 2.5rem; height: 2.5rem; display: grid; place-items: center; border-radius: 50%; color: #fff;
  background: var(--brand-face, #2a5bd7); font-weight: 600; }
.plain { padding: .4rem 0; font: inherit; color: var(--quiet); background: none; border: 0; cursor: pointer;
  text-decoration: underline; }
`
